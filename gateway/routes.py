"""Every route in one list, of the features in their order, and what the document says of them."""

from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.ground.http import documents
from gateway.ground.http.operation import Route, Spoken
from gateway.ground.http.problem_wire import Problem
from gateway.ground.wiring import Kit
from gateway.guide import http as guide
from gateway.wirings import WIRINGS

FACES: Final = tuple(face for wiring in WIRINGS for face in wiring.faces)

OF_OPERATORS: Final = ("/admin/", "/console", "/portal")  # partners' document has none of it


def _spoken() -> Spoken:
    faces = [route for _, routes in FACES for route in routes]
    # Operators have a document of their own (ground/desk/rest/document.py).
    routes = [
        *(r for r in faces if not r.path.startswith(OF_OPERATORS)),
        *documents.ROUTES,
        *guide.ROUTES,
    ]
    answers = [answer for route in routes for answer in route.operation.answers.values()]
    told: list[type[msgspec.Struct]] = [shape for wiring in WIRINGS for shape in wiring.shapes]
    return Spoken(
        routes=routes,
        answered=list(
            dict.fromkeys([a.holds for a in answers if a.holds is not None] + told + [Problem])
        ),
        asked=[
            shape
            for operation in (route.operation for route in routes)
            if operation.body is not None
            for shape in (operation.body, *operation.shapes)
        ],
        messages={type_: what for wiring in WIRINGS for type_, what in wiring.messages.items()},
    )


SPOKEN: Final = _spoken()


def routes_of(kit: Kit) -> Iterator[Route]:
    """The routes of faces made from the kit, and those of the document itself."""
    for make, routes in FACES:
        face = make(kit)
        yield from (route.bound(face) for route in routes)
    page = documents.Documents(SPOKEN)
    yield from (route.bound(page) for route in documents.ROUTES)
    pages = guide.Guide(SPOKEN)
    yield from (route.bound(pages) for route in guide.ROUTES)


def twins_of(kit: Kit) -> Iterator[Route]:
    """What answers keys of the sandbox, made from the kit."""
    for wiring in WIRINGS:
        for make, routes in wiring.twins:
            face = make(kit)
            yield from (route.bound(face) for route in routes)
