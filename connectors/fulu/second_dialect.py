"""The simulated Fulu's answers in the second dialect. Pure: rewrites an answer of the first one.

`{code, msg, result, sign}` with code 200; an order has `order_status` 1–4, `total_price`,
`charge_remark` and, with success, `card_pwds` that are not encrypted; refusals are unsigned.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from connectors.exchange import ProtocolError
from connectors.loose import read_json, read_object
from connectors.secret import Secret
from connectors.signing import compact_json, open_card_aes_ecb, sorted_characters_md5
from connectors.simulation.platform import Fault, Reply

OK: Final = 200
STATUS: Final[Mapping[str, int]] = {"untreated": 1, "processing": 2, "success": 3, "failed": 4}
REMARKS: Final[Mapping[str, str]] = {"success": "充值成功", "failed": "充值失败"}
KEPT: Final = (
    "order_id", "customer_order_no", "product_id", "product_name", "charge_account", "buy_num",
)  # fmt: skip


def in_second_dialect(reply: Reply, secret: Secret) -> Reply:
    """The same news in the other words; what is no answer of ours (a 500, a garbled one) stays."""
    if reply.status != 200 or reply.fault is Fault.DROPPED:
        return reply
    try:
        answer = read_object(reply.body)
    except ProtocolError:
        return reply
    if not answer.get("result"):
        refused = {"code": answer["code"], "msg": answer["message"], "result": ""}
        return replace(reply, body=compact_json(refused).encode())
    result = read_json(answer["result"].encode())
    text = compact_json(_order(result, secret) if "order_id" in result else _balances(result))
    sign = sorted_characters_md5(text, secret)
    told = {"code": OK, "msg": "ok", "result": text, "sign": sign}
    return replace(reply, body=compact_json(told).encode())


def _balances(user: Mapping[str, Any]) -> dict[str, Any]:
    return {"Balances": [{"AccountType": 1, "Balance": user["balance"]}]}


def order_in_second_dialect(order: Mapping[str, Any]) -> dict[str, Any]:
    """An order of the first dialect, without its cards."""
    shown = {name: order[name] for name in KEPT}
    state = order["order_state"]
    return shown | {
        "order_status": STATUS[state],
        "total_price": order["order_price"],
        "charge_remark": REMARKS.get(state, ""),
    }


def _order(order: Mapping[str, Any], secret: Secret) -> dict[str, Any]:
    shown = order_in_second_dialect(order)
    if "cards" in order:
        shown["card_pwds"] = [_card(card, secret) for card in order["cards"]]
    return shown


def _card(card: Mapping[str, Any], secret: Secret) -> dict[str, str]:
    return {
        "card_no": open_card_aes_ecb(card["card_number"], secret),
        "card_pwd": open_card_aes_ecb(card["card_pwd"], secret),
        "expire_time": card["card_deadline"],
    }
