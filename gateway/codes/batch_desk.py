"""Batches: what came into pools at once, and what became of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta, structs

from gateway.codes.administration import SQL
from gateway.codes.desk import BATCH_FORM, CODES, BatchId
from gateway.ground.desk.action import Action
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor
from gateway.ground.desk.port import At, no_row, not_found
from gateway.ground.desk.refusal import refused
from gateway.ground.desk.view import Column, Page, SortKey, View


class Batches(Given, frozen=True, kw_only=True):
    """Which batches."""

    pool: Annotated[
        str | None, Meta(description="Only this pool's.", extra={"metavar": "NAME"})
    ] = None
    batch: Annotated[
        BatchId | None, Meta(description="Only this one.", extra={"form": BATCH_FORM})
    ] = None
    cursor: Cursor = None
    limit: Annotated[
        int, Meta(ge=1, le=1000, description="At most this many, the newest first.")
    ] = 50


class OneBatch(Given, frozen=True, kw_only=True):
    """A batch there is."""

    batch: Annotated[BatchId, Meta(description="Its number.", extra={"form": BATCH_FORM})]


async def _batches(at: At, given: Batches) -> Sequence[Mapping[str, Any]]:
    rows = await SQL.list_batches.all(at.db, *structs.astuple(given))
    pool = given.pool
    if not rows and pool is not None and await SQL.pool_of_codes.one(at.db, pool) is None:
        raise not_found("pool", pool)
    if not rows and given.batch is not None and pool is not None:
        raise refused("not-found", "no-batch", "batch", batch=given.batch, pool=pool)
    return rows


async def _batch(at: At, given: OneBatch) -> Mapping[str, Any]:
    rows = await SQL.list_batches.all(at.db, None, given.batch, None, 1)
    if not rows:
        raise no_row("batch", "batch", given.batch)
    return rows[0]


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=CODES,
        verb="batches",
        doc="What was imported, generated and bought into a pool, or all, newest first.",
        given=Batches,
        example="quangate codes batches --pool vip-month",
        permission="codes:read",
        columns=(
            Column(name="batch", kind="id", zh="批次", en="Batch"),
            Column(name="pool", kind="id", zh="卡密池", en="Pool"),
            Column(
                name="kind",
                kind="text",
                zh="来源",
                en="Kind",
                values=("import", "generate", "purchase"),
            ),
            Column(
                name="state",
                kind="text",
                zh="状态",
                en="State",
                values=("staged", "on_sale", "discarded"),
            ),
            Column(name="source", kind="text", zh="文件", en="Source"),
            Column(name="lo", kind="number", zh="起始编号", en="First number"),
            Column(name="imported", kind="number", zh="入库", en="Imported", unit="codes"),
            Column(name="duplicates", kind="number", zh="重复", en="Duplicates", unit="codes"),
            Column(name="rejected", kind="number", zh="拒收", en="Rejected", unit="lines"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="completed_at", kind="time", zh="完成时间", en="Completed"),
        ),
        sort=(SortKey(columns=("pool_id", "id"), index="batch_pool", descending=True),),
        statement=SQL.list_batches,
        rows_as="batches",
        rows=_batches,
        cursor="batch",
        route="batches",
    ),
    Page(
        noun=CODES,
        verb="batch",
        doc="One batch, by its number.",
        given=OneBatch,
        example="GET /admin/v1/batches/7",
        permission="codes:read",
        route="batches/{batch}",
        read=_batch,
        at_shell=False,
    ),
)
