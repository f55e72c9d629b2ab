"""Where a protocol file's answers and callbacks show an order: paths checked, amounts read."""

from collections.abc import Mapping
from typing import Any

from connectors.generic.parts import Seen
from connectors.generic.paths import UNITS, Amount, is_path, read_amount
from connectors.generic.places import Misplaced
from connectors.generic.protocol import Echoes, Protocol, When

# --- answers --------------------------------------------------------------------------------------


def _path(text: str, *keys: str) -> str:
    if text and not is_path(text):
        raise Misplaced(keys, "a path is names with points between, as data.order_id")
    return text


def _amount(text: str, *keys: str, count: bool = False) -> Amount | None:
    if not text:
        return None
    amount = read_amount(text)
    _path(amount.path, *keys)
    if not (amount.unit in UNITS or (count and not amount.unit)):
        raise Misplaced(keys, f"an amount is a path and its unit: {amount.path}:yuan or :fen")
    return amount


def _when(when: When | None, *keys: str) -> When | None:
    if when is not None:
        _path(when.at, *keys, "at")
    return when


def _seen(table: Any, name: str, states: Mapping[str, str]) -> Seen:
    for field in Echoes.__struct_fields__:
        _path(getattr(table.echo, field), name, "echo", field)
    return Seen(
        echo=table.echo,
        upstream_no=_path(table.upstream_no, name, "upstream_no"),
        state=_path(table.state, name, "state"),
        states=states,
        message=_path(table.message, name, "message"),
        cost=_amount(table.cost, name, "cost"),
        refunded=_amount(table.refunded, name, "refunded"),
        refunded_when=_when(table.refunded_when, name, "refunded_when"),
        delivered=_amount(table.delivered, name, "delivered", count=True),
    )


def submitted(protocol: Protocol) -> Seen:
    submit, answer = protocol.submit, protocol.answer
    _path(answer.code, "answer", "code")
    _path(answer.message, "answer", "message")
    return Seen(
        echo=Echoes(),
        upstream_no=_path(submit.upstream_no, "submit", "upstream_no"),
        state="",
        states={},
        cost=_amount(submit.cost, "submit", "cost"),
    )


def queried(protocol: Protocol) -> Seen:
    query = protocol.query
    _path(query.rows, "query", "rows")
    if query.rows and not query.echo.attempt:
        raise Misplaced(("query", "echo"), "rows are told apart by echo.attempt")
    if query.codes is not None:
        _path(query.codes.rows, "query", "codes", "list")
        _path(query.codes.code, "query", "codes", "code")
        _path(query.codes.pin, "query", "codes", "pin")
    if protocol.balance is not None:
        _amount(protocol.balance.amount, "balance", "amount")
    goods = protocol.catalog
    if goods is not None:
        for field in ("rows", "id", "name"):
            _path(getattr(goods, field), "catalog", field)
        _amount(goods.cost, "catalog", "cost")
        _amount(goods.face, "catalog", "face")
    return _seen(query, "query", query.states)


def told(protocol: Protocol) -> Seen | None:
    news = protocol.callback
    if news is None:
        return None
    for field in ("attempt", "time", "codes"):
        _path(getattr(news, field), "callback", field)
    return _seen(news, "callback", protocol.query.states if news.states is None else news.states)
