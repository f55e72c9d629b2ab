"""Calls to a platform that its connector never makes, signed by the connector's own hand."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.contract import Connector, Context, Session
from connectors.dayuanren.connector import Dayuanren
from connectors.dingconnect.connector import Dingconnect
from connectors.dtone.connector import Dtone
from connectors.exchange import HttpRequest
from connectors.fulu.connector import Fulu
from connectors.kasushou.connector import Kasushou
from connectors.kasushou.wire import sorted_body
from connectors.signing import compact_json


def call_of(
    platform: str, connector: Connector, what: list[Any], *, signed: bool = True
) -> HttpRequest:
    """The request that a sample's `call` describes, in the platform's own terms."""
    request = _CALLS[platform](connector, what)
    if signed:
        return request
    return HttpRequest(method=request.method, url=request.url, headers={}, body=request.body)


def _fulu(connector: Any, what: list[Any]) -> HttpRequest:
    assert isinstance(connector, Fulu)
    return connector._call(what[0], what[1], _context())


def _kasushou(connector: Any, what: list[Any]) -> HttpRequest:
    assert isinstance(connector, Kasushou)
    return connector._call(what[0], sorted_body(what[1]), _context())


def _dayuanren(connector: Any, what: list[Any]) -> HttpRequest:
    assert isinstance(connector, Dayuanren)
    return connector._call(what[0], what[1])


def _dtone(connector: Any, what: list[Any]) -> HttpRequest:
    assert isinstance(connector, Dtone)
    method, path, *body = what
    return connector._get(path) if method == "GET" else connector._post(path, body[0])


def _dingconnect(connector: Any, what: list[Any]) -> HttpRequest:
    assert isinstance(connector, Dingconnect)
    operation, *body = what
    return connector._post(operation, body[0]) if body else connector._get(operation)


def _reloadly(connector: Any, what: list[Any]) -> HttpRequest:
    method, path, *body = what
    return HttpRequest(
        method=method,
        url=f"{connector.base_url}{path}",
        headers={"content-type": "application/json"},
        body=compact_json(body[0]).encode() if body else b"",
    )


def _context() -> Context:
    return Context(now=time.time(), session=Session())


_CALLS: Mapping[str, Callable[[Any, list[Any]], HttpRequest]] = {
    "fulu": _fulu,
    "kasushou": _kasushou,
    "dayuanren": _dayuanren,
    "dtone": _dtone,
    "dingconnect": _dingconnect,
    "reloadly": _reloadly,
}
