"""Approvals: what waits for a second person, and deciding it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.approvals import decide
from gateway.approvals import show as approvals
from gateway.approvals.administration import SQL
from gateway.approvals.rules import STATES
from gateway.ground.desk.action import Action, Change, Noun, Reason, Trace
from gateway.ground.desk.fits import state_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

APPROVAL: Final = Noun(name="approval", plural="approvals", zh="审批", en="Approval", key="id")


def _number(given: Any, _: Any) -> tuple[int] | None:
    return (approvals.read_approval_no(given.id),)


TRACE: Final = Trace(
    name="approval",
    table="approval",
    statement=SQL.trace_approval,
    key=_number,
    left_out=("parameters_sha256",),
)


class OneApproval(Given, frozen=True, kw_only=True):
    """A request there is."""

    id: Annotated[
        str,
        Meta(
            description="As `quangate approval list` shows.",
            extra={"argument": True, "metavar": "ID"},
        ),
    ]


class Approvals(Given, frozen=True, kw_only=True):
    """Which requests."""

    state: Annotated[
        str | None, Meta(description="waiting, done, failed, refused, expired, stale.")
    ] = None
    mine: Annotated[bool, Meta(description="Only what I asked for.")] = False
    cursor: Cursor = None
    limit: Limit = 50


async def _hide(at: At, given: OneApproval, change: Change) -> tuple[OneApproval, Change]:
    return given, await decide.hidden(at, given.id, change)


async def _list(at: At, given: Approvals) -> Sequence[Mapping[str, Any]]:
    return await approvals.list_approvals(
        at.db,
        state=given.state,
        mine=given.mine,
        cursor=given.cursor,
        limit=given.limit,
        person=at.person,
    )


async def _show(at: At, given: OneApproval) -> Mapping[str, Any]:
    return await approvals.show_approval(at.db, given.id)


async def _approve(at: At, given: OneApproval, change: Change) -> Mapping[str, Any]:
    return await decide.approve(at, given.id, change)


async def _refuse(at: At, given: OneApproval, change: Change) -> Mapping[str, Any]:
    return await decide.refuse(at, given.id, change)


def _what_then(_: Any, answer: Mapping[str, Any]) -> str | None:
    """What to know of it: why it could not be done, or what comes next."""
    if answer["state"] in {"failed", "stale"}:
        return f"It could not be done: {answer['result']['error']['detail']}"
    follows = (answer["result"] or {}).get("next")
    if not follows:
        return None
    typed = " and ".join(f"`{line}`" for line in follows)
    return f"What it shows once was shown to nobody. Next: {typed}."


def _deciding(verb: str, doc: str, run: Any, undo: str, **more: Any) -> Action:
    """An action on a request that waits."""
    return Action(
        noun=APPROVAL,
        verb=verb,
        fits=state_is("waiting"),
        doc=doc,
        given=OneApproval,
        example=f"quangate approval {verb} 17 --reason 'asked by phone'",
        permission=f"approvals:{verb}",
        run=run,
        undo=undo,
        subject=lambda given, _: given.id,
        traces=(TRACE,),
        reason=Reason.WANTED,
        opens_vault=True,
        hides=_hide,
        **more,
    )


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=APPROVAL,
        verb="list",
        doc="What waits for a second person, and what became of it; the newest first.",
        given=Approvals,
        example="quangate approval list --mine",
        permission="approvals:read",
        columns=(
            Column(name="id", kind="id", zh="编号", en="No."),
            Column(name="action", kind="text", zh="操作", en="Action"),
            Column(name="subject", kind="id", zh="对象", en="Subject"),
            Column(name="summary", kind="text", zh="摘要", en="Summary"),
            Column(name="requested_by", kind="text", zh="申请人", en="Asked by"),
            Column(name="reason", kind="text", zh="原因", en="Reason"),
            Column(name="state", kind="text", zh="状态", en="State", values=STATES),
            Column(name="requested_at", kind="time", zh="申请时间", en="Asked"),
            Column(name="expires_at", kind="time", zh="到期", en="Expires"),
            Column(name="decided_by", kind="text", zh="审批人", en="Decided by"),
            Column(name="decided_at", kind="time", zh="审批时间", en="Decided"),
            Column(name="decision_reason", kind="text", zh="审批意见", en="Why so"),
        ),
        sort=(SortKey(columns=("id",), index="approval_pkey", descending=True),),
        statement=SQL.list_approvals,
        rows_as="approvals",
        rows=_list,
        cursor="id",
        names_end=True,
    ),
    Page(
        noun=APPROVAL,
        verb="show",
        doc="One request: what exactly will be done, who decided it and what it came to.",
        given=OneApproval,
        example="quangate approval show 17",
        permission="approvals:read",
        read=_show,
    ),
    _deciding(
        "approve",
        "Do what somebody else asked for, with what was kept of it.\n\nNobody approves what he"
        " asked for himself; who approves needs the permission of what is done, too.",
        _approve,
        "As what was done is undone: its row of `quangate change list` says what was before.",
        note=_what_then,
    ),
    _deciding(
        "refuse",
        "Leave undone what somebody else asked for.",
        _refuse,
        "Not at all: it can be asked for again.",
    ),
)
