"""Whether an action may be done now, by whom it was asked: one table for all faces. Pure.

The order is the contract's: who may not hears so before anything of the row or the body is looked
at; what a token cannot do, and what needs a second person, becomes a request for approval.
"""

from dataclasses import dataclass
from enum import Enum

from gateway.ground.desk.action import Action, Reason, SecondPerson


class Way(Enum):
    """Through which door an action is asked for."""

    SHELL = "cli"  # has the key file anyway: every permission, and no step-up
    TOKEN = "api"  # noqa: S105  the name of a door
    CONSOLE = "console"
    PORTAL = "portal"  # a partner's own people, on what is that partner's alone


class Verdict(Enum):
    """What becomes of it."""

    DO = "do"
    DO_ALONE = "do-alone"  # done at once for want of a second person; the change row says so
    WAIT = "wait"  # for approval: 202
    NOT_PERMITTED = "not-permitted"
    REASON_WANTED = "reason-wanted"
    STEP_UP_REQUIRED = "step-up-required"
    NOBODY_TO_APPROVE = "nobody-to-approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, as far as it matters."""

    way: Way
    permissions: frozenset[str] = frozenset()  # of the shell: not looked at
    has_reason: bool = False
    stepped_up: bool = False
    beyond: bool = False  # as `Action.beyond` says of what is asked for
    others: bool = False  # somebody else is there who could approve


def judge(action: Action, asking: Asking) -> Verdict:
    """What becomes of an action that is asked for so."""
    shell = asking.way is Way.SHELL
    if not shell and action.permission not in asking.permissions:
        return Verdict.NOT_PERMITTED
    if not shell and action.reason is not Reason.NONE and not asking.has_reason:
        return Verdict.REASON_WANTED
    if action.step_up and asking.way in (Way.CONSOLE, Way.PORTAL) and not asking.stepped_up:
        return Verdict.STEP_UP_REQUIRED
    if not _wants_second(action, asking):
        return Verdict.DO
    if asking.others:
        return Verdict.WAIT
    return Verdict.DO_ALONE if shell else Verdict.NOBODY_TO_APPROVE


def _wants_second(action: Action, asking: Asking) -> bool:
    if action.step_up and asking.way is Way.TOKEN:
        return True  # a token cannot step up
    if action.second_person is SecondPerson.ABOVE_LIMIT:
        waits = asking.way is not Way.SHELL or action.waits_at_shell
        return asking.beyond and waits
    if action.second_person is SecondPerson.SOMETIMES:
        return asking.beyond
    return action.second_person is SecondPerson.ALWAYS
