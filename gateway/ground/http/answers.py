"""Answers that are not problems: bytes with the headers every answer of ours has."""

from typing import Any, Final

import msgspec
from aiohttp.web import Response
from multidict import CIMultiDict

from gateway.ground.http.direct_answer import SERVER_NAME

JSON_TYPE: Final = "application/json"

_encode = msgspec.json.Encoder().encode


def json_response(body: bytes, status: int = 200, *, replayed: bool = False) -> Response:
    """A JSON answer."""
    headers: CIMultiDict[str] = CIMultiDict({"Content-Type": JSON_TYPE, "Server": SERVER_NAME})
    if replayed:
        headers["Quangate-Replayed"] = "true"
    return Response(body=body, status=status, headers=headers)


def struct_response(struct: msgspec.Struct, status: int = 200) -> Response:
    """A JSON answer of one of the contract's types (they stand beside their handlers)."""
    return json_response(_encode(struct), status)


def encode(value: Any) -> bytes:
    """A value of the contract's types as JSON."""
    return _encode(value)


def text_response(text: bytes, content_type: str, **headers: str) -> Response:
    """An answer that is not JSON."""
    return Response(
        body=text,
        headers=CIMultiDict({"Content-Type": content_type, "Server": SERVER_NAME} | headers),
    )
