"""What operators do with quotas."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from gateway.ground.desk.port import (
    Row,
    Transaction,
    already_exists,
    check_name,
    not_found,
)
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.sql.declared import Statement
from gateway.quotas import back
from gateway.quotas.administration import SQL, NamedQuota
from gateway.quotas.rules import Per, Window

ALL: Final = "all"
# What a quota can be on: the statement that finds one by its name.
ON: Final[Mapping[str, Statement[[str], int]]] = {
    "sku": SQL.quota_sku,
    "category": SQL.quota_category,
    "campaign": SQL.quota_campaign,
}
OWN: Final = ("sku:", "campaign:")  # how the limits per buyer of these are called


async def create_quota(
    db: Transaction,
    name: str,
    *,
    on: str,
    per: Per,
    most: int,
    window: Window | None = None,
    keep_refunded: bool = False,
    counts_from: datetime | None = None,
) -> dict[str, Any]:
    """Make a quota; workers ask it within a second. `counts_from` counts earlier orders, too."""
    check_name("quota", name)
    kind, place = await _place(db, on)
    if window is None:
        window = Window.CAMPAIGN if kind == "campaign" else Window.EVER
    if counts_from is not None and counts_from > datetime.now(UTC):
        raise wrong("counts-from-later", "from")
    row = await SQL.insert_quota.one(
        db,
        name,
        place if kind == "sku" else None,
        place if kind == "category" else None,
        place if kind == "campaign" else None,
        per.value,
        window.value,
        most,
        keep_refunded,
        counts_from,
    )
    if row is None:
        raise already_exists("quota", name)
    made: dict[str, Any] = {"quota": name, "counts_from": row["counts_from"]}
    if counts_from is not None:
        made["orders_counted"] = await back.SQL.count_back.only(db, row["id"], counts_from)
    return made


async def list_quotas(db: Transaction) -> Sequence[Row]:
    """All quotas, those of SKUs and campaigns too."""
    return await SQL.list_quotas.all(db, None)


async def show_quota(db: Transaction, name: str) -> dict[str, Any]:
    """One quota, and who has had most of it in the window of now."""
    rows = await SQL.list_quotas.all(db, name)
    if not rows:
        raise not_found("quota", name)
    return {**rows[0], "counts": await SQL.quota_counts.all(db, (await _quota(db, name))["id"])}


async def change_quota(db: Transaction, name: str, *, most: int) -> dict[str, Any]:
    """Allow more or less; not less than somebody has had already."""
    await SQL.hold_quotas.run(db)
    quota = await _quota(db, name)
    await SQL.call_in.run(db, quota["id"])
    used = await SQL.most_used.only(db, quota["id"])
    if most < used:
        raise refused("below-use", "below-use", "max", quota=name, used=used)
    if name.startswith(OWN):
        await SQL.set_own_most.run(db, name, most)
    else:
        await SQL.set_most.run(db, quota["id"], most)
    return {"quota": name, "max": most}


async def delete_quota(db: Transaction, name: str) -> dict[str, Any]:
    """Count no more. What was counted is forgotten, but for a SKU's or campaign's own limit, which
    is lifted."""
    await SQL.hold_quotas.run(db)
    quota = await _quota(db, name)
    if name.startswith(OWN):
        await SQL.set_own_most.run(db, name, None)
    else:
        await SQL.delete_counts.run(db, quota["id"])
        await SQL.delete_quota.run(db, quota["id"])
    return {"quota": name, "deleted": True}


async def _quota(db: Transaction, name: str) -> NamedQuota:
    row = await SQL.quota_by_name.one(db, name)
    if row is None:
        raise not_found("quota", name)
    return row


async def _place(db: Transaction, on: str) -> tuple[str, int | None]:
    """What `--on` names: its kind, and its id."""
    kind, colon, name = on.partition(":")
    if on == ALL:
        return ALL, None
    if kind not in ON or not colon or not name:
        raise wrong("nothing-to-be-on", "on", value=on)
    found = await ON[kind].one(db, name)
    if found is None:
        raise not_found(kind, name)
    return kind, found
