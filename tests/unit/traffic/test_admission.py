"""The limit in the traps that others fell into, and in the shapes of load.

Loads come from a model of lanes and commits with chance from a fixed seed: the same every time.
"""

from collections.abc import Callable

import pytest

from gateway.ground.traffic.admission import Admission, AdmissionRules, Class, Work
from tests.world.load_model import Model, Outcome

RULES = AdmissionRules()
PEAK = 1 / (101 * 40e-6)  # requests of 100 codes a second that the model's processors make
LASTS_S = 30.0


def busy(admission: Admission, *, rate: float, until: float, takes_s: float = 0.01) -> float:
    """One request after the other, with the pauses that make `rate` of them a second."""
    now = 0.0
    while now < until:
        assert admission.admits(Class.ORDER, "p", now)
        admission.end(admission.begin("p", 2, now), now + takes_s)
        now += 1 / rate
    return now


def jammed(
    admission: Admission,
    since: float,
    until: float,
    *,
    takes_s: float = 0.2,
    given_up: bool = False,
) -> None:
    """As much as is let in, all of it equally long under way: there is always more."""
    now = since
    while now < until:
        taken: list[Work] = []
        while admission.admits(Class.ORDER, len(taken) % 7, now):
            taken.append(admission.begin(len(taken) % 7, 101, now))
        for work in taken:
            work.is_given_up = given_up
            admission.end(work, now + takes_s)
        now += takes_s


def test_where_all_take_equally_long_because_they_time_out_the_limit_falls() -> None:
    """Time-outs count as drops, though each takes as long as the one before (Gradient2 #137).

    Seen red without the share of what is given up.
    """
    admission = Admission()
    jammed(admission, 0.0, 10.0, given_up=True)
    assert admission.limit == RULES.floor


def test_where_all_takes_longer_than_the_goal_the_limit_falls() -> None:
    """Also where more under way brings more done, as it does before a stable slow database.

    Seen red without the goal: the limit was sixteen times the initial one.
    """
    admission = Admission()
    jammed(admission, 0.0, 60.0, takes_s=0.8)
    assert admission.limit == RULES.floor


def test_where_nothing_ends_the_limit_falls_to_its_floor() -> None:
    """A database that hangs ends nothing, and buyers go on coming.

    Seen red while only windows in which something ended were judged.
    """
    admission, now = Admission(), 0.0
    while now < 10.0:
        if admission.admits(Class.ORDER, "p", now):
            admission.begin("p", 101, now)
        now += 0.01
    assert admission.limit == RULES.floor


def test_idle_hours_probes_and_a_restart_move_nothing() -> None:
    """Neither an hour without requests nor one of single quick ones is taken for a measure: what
    pressure finds afterwards it finds as at the start.
    """
    fresh, rested = Admission(), Admission()
    now = busy(rested, rate=2, until=3_600.0, takes_s=0.000_1)
    assert rested.limit == RULES.initial
    jammed(fresh, 0.0, 5.0)
    jammed(rested, now + 3_600.0, now + 3_605.0)
    assert rested.limit == pytest.approx(fresh.limit, rel=0.15)


def test_what_pressure_made_of_the_limit_is_over_in_ten_seconds() -> None:
    """Work that goes well and refuses nobody brings the limit back to where it began.

    Seen red without the way back: the limit stayed at its floor.
    """
    admission = Admission()
    jammed(admission, 0.0, 10.0, given_up=True)
    now = 10.0
    while now < 20.0:
        admission.end(admission.begin("p", 2, now), now + 0.01)
        now += 0.1
    assert admission.limit == RULES.initial


def test_what_tells_nothing_moves_nothing() -> None:
    """Exports and batches take as long as they take."""
    admission = Admission()
    for second in range(20):
        admission.end(admission.begin("p", 16, second, tells=False), second + 0.9)
    assert admission.limit == RULES.initial
    assert admission.inflight == 0


def test_who_comes_back_after_retry_after_alone_is_served() -> None:
    """All that is under way has ended by then, at the pace of late; at least a second, at most 30.

    Seen red with a second whatever waits.
    """
    admission = Admission()
    assert admission.retry_after_s() == 1
    for step in range(1, 21):  # 1,000 units a second
        admission.end(admission.begin("p", 100, step / 10 - 0.1), step / 10)
    assert admission.retry_after_s() == 1
    admission.begin("p", 3_500, 2.0)
    assert admission.retry_after_s() == 4
    admission.begin("p", 1_000_000, 2.0)
    assert admission.retry_after_s() == 30


def test_no_memory_grows_with_what_is_refused() -> None:
    """Refusals leave nothing, whoever is refused."""
    admission = Admission()
    admission.begin("p", int(RULES.most), 0.0)
    for owner in range(1_000):
        assert not admission.admits(Class.ORDER, f"k{owner}", owner / 100)
    assert admission._work_of == {}


# ---------------------------------------------------------------- shapes of load


def shaped(
    top: float, *, saw: bool = False, ramp: bool = False, owners: int = 4, slow: bool = False
) -> tuple[Admission, Outcome]:
    """Half a minute of requests for 100 codes each, up to `top` times the peak."""
    admission = Admission()
    model = Model(admission)
    shares: dict[tuple[bool, bool], Callable[[float], float]] = {
        (True, False): lambda t: t % 1.0,
        (False, True): lambda t: t / LASTS_S,
    }
    for owner in range(owners):
        share = shares.get((saw, ramp), lambda _: 1.0)
        model.load(top * PEAK / owners, 0.0, LASTS_S, owner=owner, share=share)
    if slow:
        usual = model.fixed_s
        model.at(8.0, lambda _: setattr(model, "fixed_s", 0.8))
        model.at(18.0, lambda _: setattr(model, "fixed_s", usual))
    return admission, model.run()


def test_at_seventy_percent_next_to_nobody_is_refused() -> None:
    """Ordinary days know nothing of the limit."""
    _, outcome = shaped(0.7)
    assert sum(outcome.refused.values()) < 0.005 * len(outcome.taken)


@pytest.mark.parametrize(
    ("top", "how", "lesser"),
    [
        (1.25, {}, 1.0),
        (10.0, {}, 1.0),
        (2.0, {"ramp": True}, 0.75),
        (1.7, {"saw": True}, 0.79),
    ],
)
def test_overload_costs_neither_goodput_nor_time(
    top: float, how: dict[str, bool], lesser: float
) -> None:
    """Nine tenths of the lesser of peak and offered are done; what waits is bounded and does not
    creep (Gradient2 #134): in the last quarter nobody waits longer than in the second.

    Seen red without any limit: at 1.25 × it takes some ten seconds at the end.
    """
    _, calm = shaped(0.7)
    _, outcome = shaped(top, **how)
    assert outcome.units_per_s(0.0, LASTS_S) / 101 > 0.9 * lesser * PEAK
    usual = calm.quantile(0.99, 0.0, LASTS_S)
    assert outcome.quantile(0.99, 22.0, LASTS_S) < max(4 * usual, RULES.goal_s)
    assert outcome.waiting_most < 60


@pytest.mark.parametrize("kind", [Class.QUERY, Class.CALLBACK])
def test_where_all_is_of_one_class_it_is_as_where_all_is_orders(kind: Class) -> None:
    """Nothing but polls, nothing but callbacks: there is no class below to refuse first, and as
    much is done of one class as of another.

    Seen red for callbacks with callbacks that are always let in.
    """
    done = []
    for each in (kind, Class.ORDER):
        model = Model(Admission())
        for owner in range(4):
            model.load(2 * PEAK / 4, 0.0, LASTS_S, owner=owner, kind=each)
        outcome = model.run()
        assert {refused for _, refused in outcome.refused} == {each}
        done.append(outcome.units_per_s(0.0, LASTS_S) / 101)
    assert done[0] > 0.9 * PEAK
    assert done[0] == pytest.approx(done[1], rel=0.02)


def test_a_database_that_is_slow_for_long_finds_the_floor_and_the_way_back() -> None:
    """All commits take 800 ms: the limit falls to its floor, what is let through is nearly what
    two commits hold, and ten seconds after it is over all is as before.
    """
    _, outcome = shaped(0.7, slow=True)
    in_the_end = [limit for at, limit in outcome.limits if 14.0 < at < 18.0]
    assert set(in_the_end) == {RULES.floor}
    afterwards = [limit for at, limit in outcome.limits if at > 28.0]
    assert afterwards[0] == RULES.initial
    assert outcome.quantile(0.99, 28.0, LASTS_S) < RULES.goal_s


def test_one_partner_at_twenty_times_its_share_is_the_one_refused() -> None:
    """Four others at a twentieth of the peak each lose next to nothing.

    Seen red without levels within the class: all lost alike.
    """
    model = Model(Admission())
    for owner in range(4):
        model.load(PEAK / 20, 0.0, LASTS_S, owner=owner)
    model.load(PEAK, 0.0, LASTS_S, owner=9)
    outcome = model.run()
    others = sum(1 for owner, *_ in outcome.taken if owner != 9)
    lost = sum(count for (owner, _), count in outcome.refused.items() if owner != 9)
    assert lost < 0.02 * others
    assert outcome.refused[9, Class.ORDER] > 10 * lost


def test_what_a_flood_adds_to_the_others_wait_is_bounded() -> None:
    """Commits are smaller while several partners order, so who comes next waits for less; what is
    done all the same is nine tenths of what could be.

    Seen red with commits as large as for one partner alone.
    """
    waits = []
    for flood in (0.0, PEAK):
        model = Model(Admission())
        for owner in range(4):
            model.load(PEAK / 20, 0.0, LASTS_S, owner=owner)
        if flood:
            model.load(flood, 0.0, LASTS_S, owner=9)
        outcome = model.run()
        quiet = sorted(took for owner, _, took, _ in outcome.taken if owner != 9)
        waits.append(quiet[int(0.99 * len(quiet))])
    assert waits[1] < 4.5 * waits[0]
    assert outcome.units_per_s(0.0, LASTS_S) / 101 > 0.9 * PEAK
