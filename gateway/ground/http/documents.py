"""The OpenAPI document, and where somebody lands who typed the address."""

from functools import cached_property
from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.ground.http.answers import json_response, text_response
from gateway.ground.http.openapi import document_json
from gateway.ground.http.operation import OPERATION, Answer, Operation, Route, Spoken

READ_OPENAPI: Final = Operation(
    name="readOpenapi",
    tag=OPERATION,
    summary="This document",
    signed=False,
    answers={200: Answer("OpenAPI 3.1 as JSON.")},
)
READ_ROOT: Final = Operation(
    name="readRoot",
    tag=OPERATION,
    summary="Leads to the document for people",
    signed=False,
    answers={302: Answer("To `/docs`.", media_type="text/plain")},
)


class Documents:
    """Made once, when somebody asks."""

    def __init__(self, spoken: Spoken) -> None:
        self._spoken = spoken

    async def openapi(self, _request: BaseRequest) -> Response:
        """GET /openapi.json."""
        return json_response(self._json)

    async def root(self, _request: BaseRequest) -> Response:
        """GET /."""
        response = text_response(b"See /docs\n", "text/plain; charset=utf-8", Location="/docs")
        response.set_status(302)
        return response

    @cached_property
    def _json(self) -> bytes:
        return document_json(self._spoken)


ROUTES: Final = (
    Route("GET", "/", Documents.root, READ_ROOT),
    Route("GET", "/openapi.json", Documents.openapi, READ_OPENAPI),
)
