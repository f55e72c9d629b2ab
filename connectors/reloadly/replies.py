"""What the simulated Reloadly answers with."""

import time
from typing import Any
from urllib.parse import parse_qsl

from connectors.exchange import ProtocolError
from connectors.loose import as_object, read_json
from connectors.reloadly.refusals import (
    Error,
)
from connectors.reloadly.views import (
    written,
)
from connectors.signing import compact_json
from connectors.simulation.platform import Call, Reply


def call_members(call: Call) -> dict[str, Any]:
    """A request's members, from JSON or a form; {} for anything else."""
    if "form-urlencoded" in call.headers.get("content-type", ""):
        return dict(parse_qsl(call.body.decode("utf-8", "replace")))
    try:
        return as_object(read_json(call.body or b"{}"))
    except ProtocolError:
        return {}


def json_reply(value: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status=status, body=compact_json(value).encode())


def error_reply(error: Error, call: Call | None = None, *, path: str = "") -> Reply:
    """An error as Reloadly words it."""
    body: dict[str, Any] = {
        "timeStamp": written(time.time()),
        "message": error.message,
        "path": call.path if call is not None else path,
        "errorCode": error.code,
        "infoLink": None,
        "details": [],
    }
    return json_reply(body, error.status)
