"""What a request for approval says. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.ground.desk.action import Action
from gateway.ground.desk.given import Given, kept

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


def summary(action: Action, given: Given, subject: str) -> str:
    """In one line: `account adjust acme: amount -500, reference fix-7`. Nothing secret is in it."""
    said = [
        f"{name} {_plain(value)}"
        for name, value in kept(given).items()
        if name != "reason" and value != subject
    ]
    head = f"{action.noun.typed} {action.verb} {subject}".rstrip()
    text = f"{head}: {', '.join(said)}" if said else head
    return text if len(text) <= SUMMARY_MAX else f"{text[: SUMMARY_MAX - 1]}…"


def shown_as_asked(row: Mapping[str, Any]) -> dict[str, Any]:
    """What whoever asked is told of it."""
    return {name: row[name] for name in _ASKED}


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    return str(value)
