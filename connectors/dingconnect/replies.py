"""What the simulated DingConnect answers with."""

from collections.abc import Mapping
from typing import Any

from connectors.dingconnect.refusals import Error
from connectors.dingconnect.wire import (
    INVALID,
    OK,
)
from connectors.signing import compact_json
from connectors.simulation.platform import Reply


def invalid(context: str) -> Error:
    """A parameter that cannot be read."""
    return Error(status=400, result_code=INVALID, code="ParameterInvalid", context=context)


def out_of_range(context: str) -> Error:
    """A parameter beyond its bounds."""
    return Error(status=400, result_code=INVALID, code="ParameterOutOfRange", context=context)


def outcome(result_code: int, error: Error | None = None) -> dict[str, Any]:
    """The result code of one item, with its error."""
    if error is None:
        return {"ResultCode": result_code, "ErrorCodes": []}
    context = {"Context": error.context} if error.context else {}
    return {"ResultCode": result_code, "ErrorCodes": [{"Code": error.code, **context}]}


def ok_reply(members: Mapping[str, Any]) -> Reply:
    """A successful answer with these members."""
    return Reply(body=compact_json({**members, **outcome(OK)}).encode())


def items_reply(items: list[Any]) -> Reply:
    """A successful answer that lists these."""
    return ok_reply({"Items": items})


def error_reply(error: Error, members: Mapping[str, Any] | None = None) -> Reply:
    """An error as DingConnect words it, with the status that goes with it."""
    body = {**(members or {}), **outcome(error.result_code, error)}
    return Reply(status=error.status, body=compact_json(body).encode())
