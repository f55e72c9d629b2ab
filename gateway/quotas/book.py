"""Reads the quotas for the order path."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.ground.sql.declared import Statement, Statements
from gateway.quotas.rules import Per, Quota, QuotaBook, Window, in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRow:
    """A quota; of a campaign's, which, and what is sold in it."""

    id: int
    name: str
    per: str
    span: str
    most: int
    campaign: str | None
    campaign_sku_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSku:
    """That a SKU's orders ask a quota."""

    sku_id: int
    quota_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """What was had of a count."""

    quota_id: int
    subject: str
    used: int


class SQL(Statements, file="quotas/queries"):
    """The book, and what was had."""

    quotas: Statement[[], QuotaRow]
    quotas_of_skus: Statement[[], OnSku]
    counts: Statement[[Sequence[int], Sequence[str]], Had]


async def read(connection: Any) -> QuotaBook:
    """All that count, in the catalog's snapshot, by what is asked for."""
    rows = await SQL.quotas.all(connection)
    by_id = {row.id: _quota(row) for row in rows}
    of_sku: dict[int, list[Quota]] = defaultdict(list)
    for on in await SQL.quotas_of_skus.all(connection):
        of_sku[on.sku_id].append(by_id[on.quota_id])
    of_campaign: dict[str, list[Quota]] = {}
    for row in rows:
        if row.campaign is not None and row.campaign_sku_id is not None:
            of_its_sku = of_sku.get(row.campaign_sku_id, [])
            of_campaign.setdefault(row.campaign, list(of_its_sku)).append(by_id[row.id])
    return QuotaBook(
        of_sku={sku_id: in_order(found) for sku_id, found in of_sku.items()},
        of_campaign={name: in_order(found) for name, found in of_campaign.items()},
        by_id=by_id,
    )


def _quota(row: QuotaRow) -> Quota:
    return Quota(id=row.id, name=row.name, per=Per(row.per), window=Window(row.span), most=row.most)
