"""X-Quangate-Deadline: how long a caller waits for its answer."""

import re
import time
from typing import Final

from aiohttp.web import BaseRequest

from gateway.ground.http.operation import Parameter
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked, of

HEADER: Final = "X-Quangate-Deadline"
DEADLINE: Final = Parameter(
    HEADER,
    "Milliseconds from now for which you wait for the answer. What is not committed by then is"
    " dropped: 503 `overloaded`, and the same number may be tried again.",
    {"type": "integer", "minimum": 0, "maximum": 999_999_999},
)
_MILLISECONDS: Final = re.compile(r"[0-9]{1,9}\Z").match


def waits_until(request: BaseRequest | Asked) -> float | None:
    """The moment (of `time.monotonic`) after which nobody waits for the answer; None: not said.

    Raises ProblemError: invalid-request.
    """
    said = of(request).headers.get(HEADER)
    if said is None:
        return None
    if _MILLISECONDS(said) is None:
        raise ProblemError(
            "invalid-request", f"{HEADER} must be milliseconds: a whole number up to 999999999."
        )
    return time.monotonic() + int(said) / 1000
