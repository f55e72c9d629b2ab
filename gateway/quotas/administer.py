"""What operators do with quotas."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from gateway.ground.desk.port import (
    Row,
    Statements,
    already_exists,
    check_name,
    not_found,
)
from gateway.ground.desk.refusal import refused, wrong
from gateway.quotas.rules import Per, Window

ALL: Final = "all"
# What a quota can be on: the statement that finds one by its name.
ON: Final[Mapping[str, str]] = {
    "sku": "quota_sku",
    "category": "quota_category",
    "campaign": "quota_campaign",
}
OWN: Final = ("sku:", "campaign:")  # how the limits per buyer of these are called


async def create_quota(
    db: Statements,
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
    row = await db.one(
        "insert_quota",
        name,
        *(place if each == kind else None for each in ON),
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
        counted = await db.one("count_back", row["id"], counts_from)
        made["orders_counted"] = 0 if counted is None else counted["orders"]
    return made


async def list_quotas(db: Statements) -> Sequence[Row]:
    """All quotas, those of SKUs and campaigns too."""
    return await db.all("list_quotas", None)


async def show_quota(db: Statements, name: str) -> dict[str, Any]:
    """One quota, and who has had most of it in the window of now."""
    rows = await db.all("list_quotas", name)
    if not rows:
        raise not_found("quota", name)
    return {**rows[0], "counts": await db.all("quota_counts", (await _quota(db, name))["id"])}


async def change_quota(db: Statements, name: str, *, most: int) -> dict[str, Any]:
    """Allow more or less; not less than somebody has had already."""
    await db.one("hold_quotas")
    quota = await _quota(db, name)
    await db.one("call_in", quota["id"])
    row = await db.one("most_used", quota["id"])
    used = 0 if row is None else row["used"]
    if most < used:
        raise refused("below-use", "below-use", "max", quota=name, used=used)
    if name.startswith(OWN):
        await db.one("set_own_most", name, most)
    else:
        await db.one("set_most", quota["id"], most)
    return {"quota": name, "max": most}


async def delete_quota(db: Statements, name: str) -> dict[str, Any]:
    """Count no more. What was counted is forgotten, but for a SKU's or campaign's own limit, which
    is lifted."""
    await db.one("hold_quotas")
    quota = await _quota(db, name)
    if name.startswith(OWN):
        await db.one("set_own_most", name, None)
    else:
        await db.one("delete_counts", quota["id"])
        await db.one("delete_quota", quota["id"])
    return {"quota": name, "deleted": True}


async def _quota(db: Statements, name: str) -> Row:
    row = await db.one("quota_by_name", name)
    if row is None:
        raise not_found("quota", name)
    return row


async def _place(db: Statements, on: str) -> tuple[str, int | None]:
    """What `--on` names: its kind, and its id."""
    kind, colon, name = on.partition(":")
    if on == ALL:
        return ALL, None
    if kind not in ON or not colon or not name:
        raise wrong("nothing-to-be-on", "on", value=on)
    row = await db.one(ON[kind], name)
    if row is None:
        raise not_found(kind, name)
    return kind, row["id"]
