"""The circuit breaker, by a clock that only this test moves."""

from dataclasses import replace

import pytest

from gateway.ground.traffic.breaker import Breaker, BreakerRules, BreakerState

RULES = BreakerRules(
    window=10, window_s=30, outcomes_min=4, failure_rate=0.5, open_s=5, open_s_max=20, probes=2
)


def called(breaker: Breaker, now: float, *, failed: bool, seconds: float = 0.1) -> None:
    """One call that began and ended at once."""
    assert breaker.allows(now)
    ticket = breaker.started()
    breaker.ended(now, failed=failed, seconds=seconds, ticket=ticket)


def opened(at: float = 0.0) -> Breaker:
    """A breaker that failures opened."""
    breaker = Breaker(rules=RULES)
    for _ in range(RULES.outcomes_min):
        called(breaker, at, failed=True)
    assert breaker.state is BreakerState.OPEN
    return breaker


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ("fff", BreakerState.CLOSED),  # three prove nothing
        ("ffff", BreakerState.OPEN),
        ("ssff", BreakerState.OPEN),  # half of them is the limit
        ("sssf", BreakerState.CLOSED),
        ("s" * 20 + "fffff", BreakerState.OPEN),  # old successes do not hide it
    ],
)
def test_failures_open_it(outcomes: str, state: BreakerState) -> None:
    """It opens when, of enough outcomes, too many failed."""
    breaker = Breaker(rules=RULES)
    for outcome in outcomes:
        called(breaker, 0.0, failed=outcome == "f")
    assert breaker.state is state


def test_slow_calls_open_it() -> None:
    """Calls that succeed too slowly count as trouble, and the reason says so."""
    breaker = Breaker(rules=RULES)
    for _ in range(4):
        called(breaker, 0.0, failed=False, seconds=11)
    assert (breaker.state, breaker.reason) == (
        BreakerState.OPEN,
        "100% of the last 4 calls were slow",
    )


def test_old_outcomes_do_not_count() -> None:
    """Failures of half a minute ago say nothing of now."""
    breaker = Breaker(rules=RULES)
    for _ in range(3):
        called(breaker, 0.0, failed=True)
    called(breaker, 31.0, failed=True)
    assert breaker.state is BreakerState.CLOSED


def test_open_then_a_few_probes() -> None:
    """Open lets nothing pass; after the pause no more probes than allowed are out at once."""
    breaker = opened()
    assert not breaker.allows(4.9)
    assert breaker.waits_s(4.0) == 1.0
    tickets = []
    while breaker.allows(5.0):
        tickets.append(breaker.started())
    assert (len(tickets), breaker.state) == (RULES.probes, BreakerState.HALF_OPEN)
    for ticket in tickets:
        breaker.ended(5.1, failed=False, seconds=0.1, ticket=ticket)
    assert (breaker.state, breaker.reason) == (BreakerState.CLOSED, "")


def test_failed_probes_wait_ever_longer() -> None:
    """The pause doubles while probes fail, up to its limit, and starts small again once closed."""
    breaker = opened()
    now, pauses = 0.0, []
    for _ in range(4):
        pauses.append(breaker.waits_s(now))
        now += pauses[-1]
        called(breaker, now, failed=True)
    assert pauses == [5, 10, 20, 20]
    now += breaker.waits_s(now)
    for _ in range(RULES.probes):
        called(breaker, now, failed=False)
    for _ in range(RULES.outcomes_min):
        called(breaker, now, failed=True)
    assert breaker.waits_s(now) == 5


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ("ff", BreakerState.OPEN),  # two of three is over the half, whatever the third says
        ("fss", BreakerState.CLOSED),
        ("ssf", BreakerState.CLOSED),
        ("ss", BreakerState.HALF_OPEN),
        ("sff", BreakerState.OPEN),
    ],
)
def test_probes_are_judged_by_their_rate(outcomes: str, state: BreakerState) -> None:
    """One failed probe of three is what a closed breaker would bear, too."""
    breaker = Breaker(rules=replace(RULES, probes=3))
    for _ in range(RULES.outcomes_min):
        called(breaker, 0.0, failed=True)
    for outcome in outcomes:
        called(breaker, 5.0, failed=outcome == "f")
    assert breaker.state is state


def test_an_abandoned_probe_frees_its_place() -> None:
    """A call that was not made after all (cancelled order) cannot block the lane for ever."""
    breaker = opened()
    for _ in range(10):
        assert breaker.allows(5.0)
        breaker.abandoned(breaker.started())
    assert breaker.allows(5.0)


def test_calls_of_another_era_do_not_count() -> None:
    """A success that began before the breaker opened is no probe."""
    breaker = Breaker(rules=RULES)
    early = [breaker.started() for _ in range(4)]
    for _ in range(4):
        called(breaker, 0.0, failed=True)
    assert breaker.allows(5.0)
    for ticket in early:
        breaker.ended(5.0, failed=False, seconds=0.1, ticket=ticket)
    assert breaker.state is BreakerState.HALF_OPEN


def test_tripped_for_a_reason() -> None:
    """No money at the upstream: open for as long as said, with the reason for people."""
    breaker = Breaker(rules=RULES)
    breaker.trip(0.0, 15.0, "insufficient-balance")
    assert not breaker.allows(14.9)
    assert breaker.reason == "insufficient-balance"
    assert breaker.allows(15.0)


def test_held_as_the_platform_asked() -> None:
    """Throttled: a pause, then everything passes again; the calls cut off count as nothing."""
    breaker = Breaker(rules=RULES)
    ticket = breaker.started()
    breaker.hold(0.0, 1.0, "too fast")
    breaker.hold(0.1, 0.5, "too fast")  # a second call under way is told the same
    breaker.ended(0.2, failed=True, seconds=0.1, ticket=ticket)
    assert (breaker.allows(0.9), breaker.waits_s(0.5)) == (False, 0.5)
    assert breaker.allows(1.0)
    assert (breaker.state, breaker.reason) == (BreakerState.CLOSED, "")


def test_held_while_in_doubt() -> None:
    """A throttled probe proves nothing: the breaker probes again after the pause."""
    breaker = opened()
    assert breaker.allows(5.0)
    breaker.started()
    breaker.hold(5.0, 1.0, "too fast")
    assert not breaker.allows(5.9)
    called(breaker, 6.0, failed=False)
    assert breaker.state is BreakerState.HALF_OPEN
    called(breaker, 6.0, failed=False)
    assert breaker.state is BreakerState.CLOSED


def test_held_when_it_opened_meanwhile() -> None:
    """A pause asked for while the breaker is open does not close it."""
    breaker = opened()
    breaker.hold(1.0, 10.0, "too fast")
    assert breaker.allows(11.0)
    assert breaker.state is BreakerState.HALF_OPEN
