"""What is refused, as a page of the status that the API would answer with."""

from typing import Any

from aiohttp.web import StreamResponse

from gateway.ground.desk.html.address import CONSOLE, Face
from gateway.ground.desk.html.frame import frame
from gateway.ground.desk.html.pages import page_answer
from gateway.ground.desk.html.visitor import Visitor
from gateway.ground.desk.html.wording import Wording
from gateway.ground.http.problems import KINDS, ProblemError
from gateway.ground.http.request import Asked


def problem_page(
    request: Asked,
    words: Wording,
    problem: ProblemError,
    visitor: Visitor | None,
    face: Face = CONSOLE,
) -> StreamResponse:
    """A problem of the API as a page of the same status."""
    kind = KINDS[problem.code]
    form_refused = problem.code == "forbidden" and request.method == "POST"
    title = words("This form was not taken" if form_refused else kind.title)
    around = frame(request, words, title=title, visitor=visitor, face=face)
    permission = problem.members.get("permission")
    detail = problem.detail or f"{kind.title}."
    if permission is not None and problem.code == "not-permitted":
        detail = words("You need the permission {permission} for this.", permission=permission)
    values = {
        "detail": words(detail),
        "errors": problem.errors,
        "leads": request.raw_path if form_refused else face.root,
        "leads_label": words("Open the form anew" if form_refused else "To the first page"),
        "trace_id": request.trace_id,
    }
    headers = dict(problem.headers or {})
    if kind.retry_after_s is not None:
        headers.setdefault("Retry-After", str(kind.retry_after_s))
    return page_answer("problem.html", {**values, **around}, kind.status, headers)


def refusal_page(
    request: Asked, words: Wording, status: int, detail: str, face: Face = CONSOLE
) -> StreamResponse:
    """What somebody is told who is not signed in."""
    around = frame(request, words, title=words("Sign in"), visitor=None, face=face)
    values: dict[str, Any] = {
        "detail": detail,
        "errors": (),
        "leads": face.sign_in,
        "leads_label": words("Sign in"),
        "trace_id": request.trace_id,
    }
    return page_answer("problem.html", {**values, **around}, status)
