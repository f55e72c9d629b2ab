"""Where the pages of a face are asked for."""

from typing import Final

from gateway.ground.desk.html.address import ROOT
from gateway.ground.desk.html.console import Console
from gateway.ground.http.operation import OPERATION, Operation, Route

DOOR: Final = Operation(name="console", tag=OPERATION, summary="The console", signed=False)


def routes_below(root: str) -> tuple[Route, ...]:
    """Those of a face."""
    return (
        Route("GET", f"{root}/assets/{{name}}", Console.asset, DOOR),
        Route("GET", root, Console.answer, DOOR),
        Route("GET", f"{root}/", Console.first, DOOR),
        *(Route(m, f"{root}/{{rest}}", Console.answer, DOOR, deep=True) for m in ("GET", "POST")),
    )


ROUTES: Final = routes_below(ROOT)
