"""Rules that decide cases by themselves: made, and tried out in shadow first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.cases.rule_administration import SQL
from gateway.cases.rules import CaseKind, Do
from gateway.ground.desk.port import Row, Transaction, already_exists, check_name, not_found
from gateway.ground.desk.refusal import wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCaseRule:
    """A rule that is to be; None: whatever it is. Ages in seconds, amounts in minor units, shares
    in percent; bounds are inclusive.
    """

    name: str
    does: Do
    kind: CaseKind | None = None
    sku: str | None = None
    min_age: int | None = None
    max_age: int | None = None
    min_amount: int | None = None
    max_amount: int | None = None
    min_share: int | None = None
    max_share: int | None = None
    shadow: bool = False


async def create_rule(db: Transaction, new: NewCaseRule) -> Mapping[str, Any]:
    """Make a rule; it is tried behind those there are, from the next case on."""
    check_name("rule", new.name)
    for least, most in (
        (new.min_age, new.max_age),
        (new.min_amount, new.max_amount),
        (new.min_share, new.max_share),
    ):
        if least is not None and most is not None and least > most:
            raise wrong("case-rule-bounds", least=least, most=most)
    sku_id = None
    if new.sku is not None:
        sku_id = await SQL.sku_by_name.one(db, new.sku)
        if sku_id is None:
            raise not_found("sku", new.sku)
    made = await SQL.insert_rule.one(
        db, new.name, None if new.kind is None else new.kind.value, sku_id, new.min_age,
        new.max_age, new.min_amount, new.max_amount, new.min_share, new.max_share, new.does.value,
        new.shadow,
    )  # fmt: skip
    if made is None:
        raise already_exists("case rule", new.name)
    return {"rule": new.name, "do": new.does.value, "shadow": new.shadow}


async def show_rule(db: Transaction, name: str) -> Row:
    """One rule, as the list has it."""
    found = await SQL.list_rules.one(db, name)
    if found is None:
        raise not_found("case rule", name)
    return found


async def change_rule(
    db: Transaction, name: str, *, shadow: bool | None, enabled: bool | None
) -> Mapping[str, Any]:
    """Let a rule decide, or only say what it would; or switch it off and on."""
    if shadow is None and enabled is None:
        raise wrong("case-rule-unchanged")
    if await SQL.change_rule.one(db, name, shadow, enabled) is None:
        raise not_found("case rule", name)
    row = await SQL.trace_rule.only(db, name)
    return {"rule": name, "shadow": row["shadow"], "enabled": row["enabled"]}
