"""aiohttp's parser: its settings, and its complaints in our words."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aiohttp.http_exceptions import BadHttpMessage, LineTooLong

from gateway.ground.http.problems import ProblemError

TARGET_BYTES_MAX: Final = 8190
FIELD_BYTES_MAX: Final = 8192  # another number, so that the parser's complaint tells which it was
HEAD_BYTES_MAX: Final = 65_536  # of all fields together
FIELDS_MAX: Final = 128
READ_BYTES: Final = 32_768  # of a body that nobody reads yet aiohttp keeps up to twice as much
_TWICE: Final = re.compile(r"Duplicate '([A-Za-z-]+)' header").match  # the parser's words

PROTOCOL_SETTINGS: Final[Mapping[str, Any]] = {
    "access_log": None,
    "auto_decompress": False,  # compressed bodies are refused, not inflated
    "max_line_size": TARGET_BYTES_MAX,
    "max_field_size": FIELD_BYTES_MAX,
    "max_headers": FIELDS_MAX,
    "read_bufsize": READ_BYTES,
    "lingering_time": 5.0,
}


def refusal_of(error: BaseException | None) -> ProblemError:
    """The parser's complaint in our words."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, LineTooLong):
        is_target = error.args[1] == TARGET_BYTES_MAX
        return ProblemError("target-too-long" if is_target else "head-too-large")
    if isinstance(error, BadHttpMessage) and error.message.startswith("Too many headers"):
        return ProblemError("head-too-large")
    if isinstance(error, BadHttpMessage) and (twice := _TWICE(error.message)):
        return ProblemError("invalid-request", f"The header {twice[1]} may be there once only.")
    return ProblemError("invalid-request", "The request is not valid HTTP.")
