"""What somebody wants done about an order, and what stands in the way of that. Pure."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec

from gateway.cases.rules import CaseKind
from gateway.ground.desk.refusal import DeskRefusedError, wrong

DELIVERED: Final = frozenset({"delivered", "partial"})
CAME_TO_NOTHING: Final = frozenset({"failed", "reversed"})  # nobody is credited, and nobody paid


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAsked:
    """A case that is to be. Amounts in minor units; `index` is a code's place, from 0.

    `out_case_no` None: an operator's, who needs no number. `void` and `keep_codes` (why) are
    said by operators alone.
    """

    out_case_no: str | None
    kind: CaseKind
    reason: str
    detail: str | None = None
    quantity: int | None = None
    amount: int | None = None
    recipient: str | None = None
    index: int | None = None
    void: bool = False
    keep_codes: str | None = None

    @property
    def pieces(self) -> int | None:
        """How many are wanted; None: all. A place is just one."""
        return 1 if self.index is not None else self.quantity

    def digest(self, order_id: int) -> bytes:
        """16 bytes, equal exactly for equal content about the same order."""
        content = msgspec.json.encode({**asdict(self), "order": order_id}, order="sorted")
        return hashlib.blake2b(content, digest_size=16).digest()


# Which members a kind may have beside those of all.
MEMBERS: Final[Mapping[CaseKind, frozenset[str]]] = {
    CaseKind.REISSUE: frozenset({"quantity", "index"}),
    CaseKind.RECIPIENT: frozenset({"recipient"}),
    CaseKind.REFUND: frozenset({"quantity", "amount", "index", "void", "keep_codes"}),
    CaseKind.UPSTREAM: frozenset(),
    CaseKind.QUESTION: frozenset(),
}


def objection(
    asked: CaseAsked, order: Mapping[str, Any], fits: Callable[[str], bool]
) -> DeskRefusedError | None:
    """What stands in the way; None: nothing. `fits`: whether the SKU's rule takes a recipient."""
    return _of_members(asked) or _BY_KIND[asked.kind](asked, order, fits)


def _of_members(asked: CaseAsked) -> DeskRefusedError | None:
    said = {
        "quantity": asked.quantity, "amount": asked.amount, "recipient": asked.recipient,
        "index": asked.index, "void": asked.void or None, "keep_codes": asked.keep_codes,
    }  # fmt: skip
    for name, value in said.items():
        if value is not None and name not in MEMBERS[asked.kind]:
            return wrong("case-member-of-kind", name, kind=asked.kind.value)
    if asked.kind is CaseKind.RECIPIENT and asked.recipient is None:
        return wrong("case-recipient-missing", "recipient")
    if asked.quantity is not None and asked.amount is not None:
        return wrong("case-quantity-or-amount", "amount")
    if asked.index is not None and (asked.quantity not in {None, 1} or asked.amount is not None):
        return wrong("case-index-is-one", "index")
    if asked.void and asked.keep_codes is not None:
        return wrong("case-void-or-keep", "keep_codes")
    return None


def _reissue(
    asked: CaseAsked, order: Mapping[str, Any], _: Callable[[str], bool]
) -> DeskRefusedError | None:
    if order["codes"] == 0:
        return wrong("case-no-codes", "kind", state=order["state"])
    if order["state"] not in DELIVERED:
        return wrong("case-not-delivered", "kind", state=order["state"])
    return _of_pieces(asked, order)


def _refund(
    asked: CaseAsked, order: Mapping[str, Any], _: Callable[[str], bool]
) -> DeskRefusedError | None:
    if order["state"] not in DELIVERED:
        return wrong("case-not-delivered", "kind", state=order["state"])
    left = order["amount"] - order["refunded"]
    if left == 0:
        return wrong("case-nothing-left", "kind", amount=order["amount"])
    if asked.amount is not None and asked.amount > left:
        return wrong("case-more-than-left", "amount", most=left)
    return _of_pieces(asked, order)


def _recipient(
    asked: CaseAsked, order: Mapping[str, Any], fits: Callable[[str], bool]
) -> DeskRefusedError | None:
    if order["recipient"] is None:
        return wrong("case-no-recipient", "kind")
    if order["state"] in CAME_TO_NOTHING:
        return wrong("case-came-to-nothing", "kind", state=order["state"])
    assert asked.recipient is not None
    if asked.recipient == order["recipient"]:
        return wrong("case-same-recipient", "recipient")
    if not fits(asked.recipient):
        return wrong("case-recipient-rule", "recipient", rule=order["account_rule"])
    return None


def _nothing(_: CaseAsked, __: Mapping[str, Any], ___: Callable[[str], bool]) -> None:
    return None


def _of_pieces(asked: CaseAsked, order: Mapping[str, Any]) -> DeskRefusedError | None:
    most = order["delivered"] - order["returned"]
    if asked.quantity is not None and asked.quantity > most:
        return wrong("case-more-pieces", "quantity", most=most)
    if asked.index is not None and asked.index >= order["codes"]:
        return wrong("case-no-code-there", "index", codes=order["codes"])
    return _of_standing(asked, order) if order["codes"] else None


def _of_standing(asked: CaseAsked, order: Mapping[str, Any]) -> DeskRefusedError | None:
    """What is struck out already is neither replaced nor paid back as a piece."""
    if asked.index is not None and asked.index not in order["standing"]:
        return wrong("case-struck-out", "index")
    if asked.quantity is not None and asked.quantity > len(order["standing"]):
        return wrong("case-struck-out", "quantity")
    if asked.kind is CaseKind.REISSUE and not order["standing"]:
        return wrong("case-struck-out", "kind")
    return None


_BY_KIND: Final[Mapping[CaseKind, Callable[..., DeskRefusedError | None]]] = {
    CaseKind.REISSUE: _reissue,
    CaseKind.RECIPIENT: _recipient,
    CaseKind.REFUND: _refund,
    CaseKind.UPSTREAM: _nothing,
    CaseKind.QUESTION: _nothing,
}
