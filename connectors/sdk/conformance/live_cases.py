"""Cases that a running gateway answers: what is called in turn, and what comes out. Pure.

A case has `steps`. `as` names the key in the world (`connectors/sdk/live.py` makes it): its secret,
delivery keys, how wrong its clock is. What is kept of an outcome (`keeps`: member by name, or
`code`, the first opened) stands for `{name}` in later steps; `{run}` is the program's own.
"""

from typing import Any, Final

CODE, LISTED, NONE, TOPUP, AWAY = "LIVE-CODE", "LIVE-LISTED", "LIVE-NONE", "LIVE-TOPUP", "LIVE-AWAY"
PRICE: Final = 100
RECIPIENT: Final = "13800138000"  # simulators do what its last digits say: deliver
REFUSED: Final = "13800138001"  # refuse


def step(method: str, *, by: str = "main", **more: Any) -> dict[str, Any]:
    """A call; `arguments` beside what is expected of it."""
    return {"as": by, "call": {"method": method, "arguments": more.pop("arguments", {})}, **more}


def place(number: str, sku: str = CODE, *, by: str = "main", **more: Any) -> dict[str, Any]:
    """An order of the run; what the order says is in `order`."""
    said = {"out_order_no": f"{{run}}-{number}", "sku": sku, **more.pop("order", {})}
    return step("orders.place", by=by, arguments=said, **more)


def refused(code: str, status: int, **more: Any) -> dict[str, Any]:
    """What is raised."""
    name = "".join(part.capitalize() for part in code.split("-"))
    return {"code": code, "class": name, "status": status, **more}


def case(name: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """A case."""
    return {"name": f"live: {name}", "steps": list(steps)}


def ordering() -> list[dict[str, Any]]:
    """Orders of codes, again and in other words."""
    made = {"state": "delivered", "quantity": 2, "delivered_quantity": 2, "amount": 2 * PRICE}
    again: dict[str, Any] = {
        "order": {"quantity": 2},
        "gives": {"order_no": "{order}"},
        "code": "{code}",
    }
    content = {"quantity": 1, "metadata": {"券": "码/&<>"}, "buyer": {"id": "u-{run}"}}
    lines = [
        {"out_order_no": "{run}-B1", "sku": CODE},
        {"out_order_no": "{run}-B2", "sku": "LIVE-NOBODY"},
        {"out_order_no": "{run}-B3", "sku": CODE, "quantity": 3},
    ]
    keeps = {"order": "order_no", "code": "code"}
    return [
        case("an order, again, and read",
             place("A1", order={"quantity": 2}, gives=made, opens=2, keeps=keeps),
             place("A1", **again),
             step("orders.get", arguments={"order_no": "{order}"}, gives=made, code="{code}"),
             step("orders.get_by_out_no", arguments={"out_order_no": "{run}-A1"},
                  gives={"order_no": "{order}"}, code="{code}"),
             place("A1", order={"quantity": 1}, error=refused("order-conflict", 409)),
             step("orders.cancel", arguments={"order_no": "{order}"},
                  error=refused("not-cancellable", 409))),
        case("whatever an order says comes back",
             place("A.b_c:d-9", order=content, gives={"metadata": content["metadata"]},
                   keeps={"order": "order_no"}),
             step("orders.get_by_out_no", arguments={"out_order_no": "{run}-A.b_c:d-9"},
                  gives={"order_no": "{order}"})),
        case("a batch, each line on its own",
             step("orders.batch", arguments={"orders": lines},
                  gives=[{"quantity": 1}, {"error": refused("unknown-sku", 404)},
                         {"delivered_quantity": 3}]),
             step("orders.get_by_out_no", arguments={"out_order_no": "{run}-B3"}, opens=3)),
        case("a list, page by page",
             *(place(f"L{n}", LISTED, gives={"sku": LISTED}) for n in range(3)),
             step("orders.list", arguments={"sku": LISTED, "state": "delivered", "limit": 1},
                  gives=[{"out_order_no": f"{{run}}-L{n}"} for n in (2, 1, 0)]),
             step("orders.list", arguments={"sku": LISTED, "state": "failed"}, gives=[])),
    ]  # fmt: skip


def refusals() -> list[dict[str, Any]]:
    """What is not sold, and to whom."""
    wrong = [{"pointer": "/quantity"}]
    return [
        case("nothing left", place("R1", NONE, error=refused("sold-out", 409))),
        case("no such thing", place("R2", "LIVE-NOBODY", error=refused("unknown-sku", 404))),
        case("no money", place("R3", by="poor", error=refused("insufficient-balance", 402))),
        case("dearer than wanted",
             place("R4", order={"max_amount": PRICE - 1}, error=refused("price-changed", 409)),
             step("orders.get_by_out_no", arguments={"out_order_no": "{run}-R4"},
                  error=refused("not-found", 404))),
        case("a wrong member",
             place("R5", order={"quantity": 501},
                   error=refused("invalid-request", 400, errors=wrong, retryable=False))),
        case("an account that is none",
             place("R6", TOPUP, order={"account": "12"},
                   error=refused("invalid-request", 400, errors=[{"pointer": "/account"}]))),
        case("a wrong secret",
             step("account.get", by="wrong", error=refused("unauthenticated", 401))),
        case("a key that was revoked",
             step("account.get", by="revoked", error=refused("unauthenticated", 401))),
        case("a key that may only read",
             place("R7", by="reader", error=refused("forbidden", 403)),
             step("orders.list", by="reader", arguments={"sku": NONE}, gives=[])),
        case("another partner's order",
             place("R8", gives={"state": "delivered"}, keeps={"order": "order_no"}),
             step("orders.get", by="stranger", arguments={"order_no": "{order}"},
                  error=refused("not-found", 404)),
             step("orders.get_by_out_no", by="stranger", arguments={"out_order_no": "{run}-R8"},
                  error=refused("not-found", 404)),
             step("orders.cancel", by="stranger", arguments={"order_no": "{order}"},
                  error=refused("not-found", 404))),
        *(case(f"a clock that is {by}",
               step("account.get", by=by, gives={"currency": "CNY"}),
               place(f"R-{by}", by=by, gives={"state": "delivered"}, opens=1))
          for by in ("slow", "fast")),
    ]  # fmt: skip


def sealed() -> list[dict[str, Any]]:
    """Whose codes open with which keys."""
    read = {"order_no": "{order}"}
    keeps = {"order": "order_no", "code": "code"}
    return [
        case("another key of the partner gets it sealed to itself",
             place("S1", opens=1, keeps=keeps),
             step("orders.get", by="second", arguments=read, opens=1, code="{code}")),
        case("a code of the key before, after a rotation",
             place("S2", opens=1, keeps=keeps),
             step("orders.get", arguments=read, opens_as="rotated", opens=1, code="{code}"),
             step("orders.get", by="rotated", arguments=read, opens=1, code="{code}")),
        case("a code of a key whose delivery key is gone",
             place("S3", opens=1, keeps=keeps),
             step("orders.get", arguments=read, opens_as="second", unopened="invalid-code"),
             step("orders.get", by="lost", arguments=read, unopened="invalid-code"),
             step("orders.get", arguments=read, opens=1, code="{code}")),
    ]  # fmt: skip


def standing() -> list[dict[str, Any]]:
    """Products and money."""
    return [
        case("a product",
             step("products.get", arguments={"sku": CODE},
                  gives={"sku": CODE, "kind": "code", "price": PRICE, "available": True}),
             step("products.get", arguments={"sku": TOPUP},
                  gives={"kind": "topup", "account_rule": "cn-mobile"}),
             step("products.get", arguments={"sku": NONE}, gives={"available": False}),
             step("products.get", arguments={"sku": "A B/券"}, error=refused("unknown-sku", 404)),
             step("products.list", first={"sku": AWAY})),
        case("the account follows an order",
             place("M1", order={"quantity": 3}, gives={"amount": 3 * PRICE},
                   keeps={"order": "order_no"}),
             step("account.entries",
                  first={"order_no": "{order}", "amount": -3 * PRICE, "kind": "charge"},
                  keeps={"balance": "balance_after"}),
             step("account.get", gives={"balance": "{balance}", "available": "{balance}"})),
    ]  # fmt: skip


def top_ups() -> list[dict[str, Any]]:
    """What takes a while."""
    read = {"order_no": "{order}"}
    keeps = {"order": "order_no"}
    cancelled = {"state": "failed", "delivered_quantity": 0, "order_no": "{order}"}
    return [
        case("a top-up, asked for until it is delivered",
             place("T1", TOPUP, order={"account": RECIPIENT}, gives={"account": RECIPIENT},
                   keeps=keeps),
             step("orders.get", arguments=read, until=True,
                  gives={"state": "delivered", "delivered_quantity": 1})),
        case("a top-up that the platform refuses is paid back",
             place("T2", TOPUP, order={"account": REFUSED}, keeps=keeps),
             step("orders.get", arguments=read, until=True, gives={"state": "failed"}),
             step("account.entries", first={"order_no": "{order}", "kind": "refund"})),
        case("a top-up is cancelled before it is sent",
             place("T3", AWAY, order={"account": RECIPIENT}, keeps=keeps),
             step("orders.cancel", arguments=read, until=True, gives=cancelled),
             step("orders.cancel", arguments=read, gives=cancelled)),
    ]  # fmt: skip


def cases_and_holds() -> list[dict[str, Any]]:
    """After-sales, and reserving."""
    asked = {"order_no": "{order}", "kind": "question", "reason": "why", "out_case_no": "{run}-C1"}
    one = {"case_no": "{case}"}
    hold = {"out_hold_no": "{run}-H1", "sku": CODE, "quantity": 2, "ttl_s": 600}
    return [
        case("a question is asked and withdrawn",
             place("C1", keeps={"order": "order_no"}),
             step("cases.open", arguments=asked, gives={"order_no": "{order}", "kind": "question"},
                  keeps={"case": "case_no"}),
             step("cases.open", arguments=asked, gives=one),
             step("cases.get", arguments=one, gives={"out_case_no": "{run}-C1"}),
             step("cases.get", by="stranger", arguments=one, error=refused("not-found", 404)),
             step("cases.list", arguments={"order_no": "{order}"}, gives=[one]),
             step("cases.withdraw", arguments=one, gives={"state": "withdrawn"})),
        case("a hold is made an order",
             step("holds.place", arguments=hold, gives={"state": "held"},
                  keeps={"hold": "hold_no"}),
             step("holds.get", arguments={"hold_no": "{hold}"}, gives={"quantity": 2}),
             step("holds.confirm", arguments={"hold_no": "{hold}", "out_order_no": "{run}-H2"},
                  gives={"state": "delivered", "delivered_quantity": 2}),
             step("holds.release", arguments={"hold_no": "{hold}"},
                  error=refused("not-cancellable", 409))),
    ]  # fmt: skip


def sandbox() -> list[dict[str, Any]]:
    """Where digits say what goes wrong: clients end in an order all the same, or say why not."""
    tried = {"024": "first overloaded", "025": "first too often", "027": "an answer that is lost"}
    return [
        *(case(f"{what}: the order is there",
               place(f"D{digits}", "sandbox:code", by="sandbox", gives={"state": "delivered"},
                     opens=1))
          for digits, what in tried.items()),
        case("busy, however often",
             place("D020", "sandbox:code", by="sandbox",
                   error=refused("busy", 503, retryable=True))),
        case("a key of the sandbox sees nothing real",
             place("D1", keeps={"order": "order_no"}),
             step("orders.get", by="sandbox", arguments={"order_no": "{order}"},
                  error=refused("not-found", 404)),
             place("D2", by="sandbox", error=refused("unknown-sku", 404))),
    ]  # fmt: skip


def cases() -> list[dict[str, Any]]:
    """All of them."""
    parts = (ordering, refusals, sealed, standing, top_ups, cases_and_holds, sandbox)
    return [one for part in parts for one in part()]
