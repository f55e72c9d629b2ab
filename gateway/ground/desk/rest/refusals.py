"""Refusals of the desk as problems of the admin API."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from gateway.ground.desk.given import members
from gateway.ground.desk.refusal import USAGE_CODES, DeskRefusedError
from gateway.ground.desk.words import in_words
from gateway.ground.errors import OverloadedError, RefusedError
from gateway.ground.http.body import escape_pointer, invalid
from gateway.ground.http.problems import ProblemError
from gateway.ground.native_errors import VaultError

# A code of the command line that has a problem of its own; every other one is `refused`.
_OWN: Final = frozenset(
    {"not-found", "already-exists", "not-permitted", "step-up-required", "case-open"}
)


Say = Callable[[DeskRefusedError, Mapping[str, str]], str]


@contextmanager
def as_problems(one: Any, say: Say = in_words) -> Iterator[None]:
    """Whatever the desk refuses inside is raised as a ProblemError; `say` puts it into words."""
    try:
        yield
    except DeskRefusedError as refusal:
        raise problem_of(refusal, one, say) from None
    except RefusedError as refusal:
        if refusal.code in USAGE_CODES:
            raise invalid([("", str(refusal))]) from None
        raise ProblemError("refused", str(refusal), members={"why": refusal.code}) from None
    except VaultError as error:
        raise ProblemError("refused", str(error), members={"why": "vault"}) from None


def problem_of(refusal: DeskRefusedError, one: Any, say: Say = in_words) -> Exception:
    """One refusal; `why` is what the command line says as its code."""
    detail = say(refusal, {member.name: member.name for member in members(one.given)})
    if refusal.code in USAGE_CODES:
        path = [refusal.field, refusal.facts.get("part")] if refusal.field else []
        pointer = "".join(f"/{escape_pointer(name)}" for name in path if name)
        return invalid([(pointer, detail)])
    if refusal.code == "busy":
        return OverloadedError(detail)
    if refusal.code == "not-permitted":
        permission = refusal.facts["permission"]
        return ProblemError(refusal.code, detail, members={"permission": permission})
    if refusal.code in _OWN:
        return ProblemError(refusal.code, detail)
    return ProblemError("refused", detail, members={"why": refusal.code})
