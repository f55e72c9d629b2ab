"""What a request for approval says. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.ground.command.tables import money
from gateway.ground.desk.action import Action, Summed
from gateway.ground.desk.given import Given, kept, members

APPROVE: Final = "approvals:approve"
STATES: Final = ("waiting", "done", "failed", "refused", "expired", "stale")
# Refusals that say: what was asked for is gone, or is as it was wanted already. Approved, it is
# `stale`; whatever else refuses it then is a failure, which may be asked for again.
OUT_OF_DATE: Final = frozenset({
    "already-exists", "campaign-over", "case-open", "decided", "not-cancellable", "not-found",
    "not-releasable", "not-resolvable", "refused", "shelf-closed",
})  # fmt: skip
SUMMARY_MAX: Final = 500
_ASKED: Final = (
    "id", "action", "summary", "parameters_sha256", "requested_by", "reason", "state", "expires_at",
)  # fmt: skip


def summary(action: Action, given: Given, subject: str, summed: Summed) -> str:
    """In one line: `account adjust acme: amount -5.00 CNY, reference fix-7`, nothing secret in it.

    `summed` is what the action says of it (`Action.summed_up`).
    """
    given_said = {n: v for n, v in kept(given).items() if n != "reason" and v != subject}
    if summed.currency is not None:
        given_said |= _with_decimals(given, given_said, summed.currency)
    facts = {**summed.says, **{n: v for n, v in given_said.items() if n not in summed.says}}
    said = [f"{name} {_plain(value)}" for name, value in facts.items() if value is not None]
    head = f"{action.noun.typed} {action.verb} {subject}".rstrip()
    text = f"{head}: {', '.join(said)}" if said else head
    return text if len(text) <= SUMMARY_MAX else f"{text[: SUMMARY_MAX - 1]}…"


def shown_as_asked(row: Mapping[str, Any]) -> dict[str, Any]:
    """What whoever asked is told of it."""
    return {name: row[name] for name in _ASKED}


def _with_decimals(given: Given, said: Mapping[str, Any], currency: str) -> dict[str, str]:
    names = {member.name for member in members(type(given)) if member.money}
    return {name: money(value, currency) for name, value in said.items() if name in names}


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    return str(value)
