"""Codes that are kept off sale after a restore: putting them on sale again."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta, field

from gateway.codes.administration import SQL
from gateway.codes.desk import CODES, Pool
from gateway.ground.desk.action import Action, Change, Reason, SecondPerson
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At, not_found
from gateway.ground.desk.refusal import refused
from gateway.ground.desk.view import Page, View


class Release(Given, frozen=True, kw_only=True):
    """Codes of a pool that were not sold after the moment the shop was restored to."""

    pool: Pool
    from_seq: Annotated[
        Annotated[int, Meta(ge=0, le=2**40)],
        Meta(description="The first number that was not sold.", extra={"metavar": "SEQ"}),
    ] = field(name="from")


async def _release(at: At, given: Release, _: Change) -> Mapping[str, Any]:
    pool_id = await SQL.pool_of_codes.one(at.db, given.pool)
    if pool_id is None:
        raise not_found("pool", given.pool)
    row = await SQL.release_codes.only(at.db, pool_id, given.from_seq)
    if row["released"] == 0:
        raise refused(
            "nothing-withheld", "no-withheld", "from", pool=given.pool, from_seq=given.from_seq
        )
    return {"pool": given.pool, "from": given.from_seq, **row}


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=CODES,
        verb="release",
        doc="Sell codes again that a restore keeps off sale, from a number on.\n\nThey look unsold,"
        " for what was sold after the moment the shop was restored to is not in it: release only"
        " what was surely sold to nobody, and void the rest.",
        given=Release,
        example="quangate codes release --pool vip-month --from 1200",
        permission="codes:release",
        run=_release,
        undo="`quangate codes void`, as far as they are not sold.",
        subject=lambda given, _: given.pool,
        kept=("released", "withheld"),
        reason=Reason.ASKED,
        second_person=SecondPerson.ALWAYS,
    ),
)
