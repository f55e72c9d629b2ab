"""Whether an action may be done now: the contract, in the order it says, all cases written out."""

from itertools import product

import pytest

from gateway.ground.desk.action import Action, Reason, SecondPerson
from gateway.ground.desk.gate import Asking, Verdict, Way, judge
from gateway.nouns import ACTIONS

BY_NAME = {action.name: action for action in ACTIONS}
MAY = {way: frozenset(action.permission for action in ACTIONS) for way in Way}
ASKED = [
    Asking(
        way=way, permissions=MAY[way], has_reason=has_reason, stepped_up=stepped_up,
        beyond=beyond, others=others,
    )
    for way, has_reason, stepped_up, beyond, others in product(Way, *[(False, True)] * 4)
]  # fmt: skip


def asking(way: str, *words: str) -> Asking:
    """Somebody with every permission; `words` say what else is so."""
    return Asking(
        way=Way(way),
        permissions=MAY[Way(way)],
        has_reason="reason" in words,
        stepped_up="stepped-up" in words,
        beyond="above" in words,
        others="others" in words,
    )


@pytest.mark.parametrize(
    ("name", "asked", "verdict"),
    [
        # Nothing special: done by whoever may.
        ("pool.create", asking("cli"), Verdict.DO),
        ("pool.create", asking("api"), Verdict.DO),
        ("pool.create", asking("console"), Verdict.DO),
        # A second person, always: the shell goes on where nobody else is there.
        ("order.resolve", asking("cli"), Verdict.DO_ALONE),
        ("order.resolve", asking("cli", "others"), Verdict.WAIT),
        ("order.resolve", asking("api", "others"), Verdict.REASON_WANTED),
        ("order.resolve", asking("api", "reason", "others"), Verdict.WAIT),
        ("order.resolve", asking("api", "reason"), Verdict.NOBODY_TO_APPROVE),
        ("order.resolve", asking("console", "reason", "others"), Verdict.WAIT),
        ("keys.retire", asking("cli", "others"), Verdict.WAIT),
        # Above a limit; a deposit by command line never waits.
        ("account.adjust", asking("api", "reason"), Verdict.DO),
        ("account.adjust", asking("api", "reason", "above", "others"), Verdict.WAIT),
        ("account.adjust", asking("cli", "above", "others"), Verdict.WAIT),
        ("account.adjust", asking("cli", "above"), Verdict.DO_ALONE),
        ("account.deposit", asking("cli", "above", "others"), Verdict.DO),
        ("account.deposit", asking("api", "above", "others"), Verdict.WAIT),
        ("sku.price", asking("console", "above"), Verdict.NOBODY_TO_APPROVE),
        # Step-up: the console asks, a token cannot and waits, the shell has the key file.
        ("webhook.secret", asking("console"), Verdict.STEP_UP_REQUIRED),
        ("webhook.secret", asking("console", "stepped-up"), Verdict.DO),
        ("webhook.secret", asking("api", "others"), Verdict.WAIT),
        ("webhook.secret", asking("api"), Verdict.NOBODY_TO_APPROVE),
        ("webhook.secret", asking("cli"), Verdict.DO),
        # A reason where the command has one; at the shell it may be left out.
        ("codes.void", asking("api"), Verdict.REASON_WANTED),
        ("codes.void", asking("api", "reason"), Verdict.DO),
        ("codes.void", asking("cli"), Verdict.DO),
    ],
)
def test_what_becomes_of_it(name: str, asked: Asking, verdict: Verdict) -> None:
    """Seen red with the second person before the reason, and with deposits that wait in a shell."""
    assert judge(BY_NAME[name], asked) is verdict


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_without_the_permission_nothing_else_is_looked_at(action: Action) -> None:
    """By token and console; the shell has them all. Seen red with the reason looked at first."""
    for asked in ASKED:
        bare = Asking(
            way=asked.way, has_reason=asked.has_reason, stepped_up=asked.stepped_up,
            beyond=asked.beyond, others=asked.others,
        )  # fmt: skip
        refused = judge(action, bare) is Verdict.NOT_PERMITTED
        assert refused == (asked.way is not Way.SHELL)
        assert judge(action, asked) is not Verdict.NOT_PERMITTED


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_what_holds_for_every_action(action: Action) -> None:
    """Nobody does alone what wants a second person, but the shell where nobody else is; by console
    nothing that needs a step-up is done without; with a second person at hand nothing is refused
    for want of one.
    """
    for asked in ASKED:
        verdict = judge(action, asked)
        if action.second_person is SecondPerson.ALWAYS:
            assert verdict is not Verdict.DO
        if verdict is Verdict.DO_ALONE:
            assert asked.way is Way.SHELL
            assert not asked.others
        if asked.others:
            assert verdict is not Verdict.NOBODY_TO_APPROVE
        if asked.way is Way.CONSOLE and action.step_up and not asked.stepped_up:
            assert verdict in {Verdict.STEP_UP_REQUIRED, Verdict.REASON_WANTED}
        if verdict is Verdict.REASON_WANTED:
            assert action.reason is not Reason.NONE
            assert not asked.has_reason
