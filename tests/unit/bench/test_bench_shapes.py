"""The arithmetic of load shapes: what is due when, what could have been had, when it was over."""

import random

import pytest

from bench.histogram import Histogram
from bench.pressure import is_normal, memory, stretch
from bench.pressure_house import Sent
from bench.servers import ServerError
from bench.shape import SHAPES, Leg, even, length_s, lesser, moments, recovered_s


def test_a_quantile_is_right_to_a_sixtieth() -> None:
    """Of times over six powers of ten no quantile is off by more, and none is too low.

    Seen red: with one bit less of each length it is off by a thirtieth.
    """
    times_s = [1.1**n / 1e6 for n in range(60, 180)]
    counted = Histogram()
    for each in times_s:
        counted.observe(each)
    for rank, exact in enumerate(times_s, start=1):
        told_ms = counted.quantile_ms(rank / len(times_s))
        assert exact * 1e3 - 0.001 <= told_ms <= exact * 1e3 * (1 + 1 / 64) + 0.001


def test_histograms_add_up_over_processes() -> None:
    """Two that came as JSON are one that counted all; none has the quantile 0."""
    low, high = Histogram(), Histogram()
    low.observe(0.001)
    high.observe(2.0)
    both = Histogram(low.as_json())
    both.add(Histogram(high.as_json()))
    assert both.count == 2
    assert both.quantile_ms(0.5) < 1.1
    assert both.quantile_ms(1.0) > 1999
    assert Histogram().quantile_ms(0.99) == 0.0


@pytest.mark.parametrize(
    ("legs", "top", "seconds_of_peak"),
    [
        ([even(10, 0.7)], 1.0, 7.0),
        ([even(10, 10.0)], 1.0, 10.0),
        ([Leg(seconds=10, begins=0.0, ends=2.0)], 1.0, 7.5),  # half of it below the peak
        ([Leg(seconds=10, begins=2.0, ends=0.0)], 1.0, 7.5),
        ([even(10, 1.25)], 0.8, 8.0),  # the peak was lower than when the legs were made
        ([even(10, 0.7), even(10, 0.7, slow=True)], 1.0, 8.0),  # a tenth gets through
    ],
)
def test_the_lesser_of_offered_and_peak_is_taken_at_every_moment(
    legs: list[Leg], top: float, seconds_of_peak: float
) -> None:
    """What is beyond the peak at one moment does not make good what another did not ask for."""
    assert lesser(legs, top=top, slow_top=0.1) == pytest.approx(seconds_of_peak)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_offers_what_its_legs_say(name: str) -> None:
    """Requests come by chance, but as many as they should, in each half as well, in order.

    Within six standard deviations of a Poisson count: one false alarm in 5 · 10⁸, and the seed is
    the same every time. Seen red: with the pace of its beginning all through a leg, a ramp offers
    nothing.
    """
    legs, peak = SHAPES[name](12.0), 300.0
    due = list(moments(legs, peak, random.Random(1)))
    assert due == sorted(due)
    assert due[-1] <= length_s(legs) == 12.0
    for until, of_it in ((12.0, legs), (3.0, _first(legs, 3.0))):
        offered = peak * sum((leg.begins + leg.ends) / 2 * leg.seconds for leg in of_it)
        count = sum(at < until for at in due)
        assert abs(count - offered) < 6 * offered**0.5


def _first(legs: list[Leg], seconds: float) -> list[Leg]:
    """The legs, cut off."""
    found: list[Leg] = []
    for leg in legs:
        left = seconds - length_s(found)
        if left <= 0:
            break
        share = min(1.0, left / leg.seconds)
        ends = leg.begins + (leg.ends - leg.begins) * share
        found.append(Leg(seconds=leg.seconds * share, begins=leg.begins, ends=ends))
    return found


@pytest.mark.parametrize(
    ("slices", "since_s"),
    [
        ("nnnnnn", 0.0),
        ("xxnnnn", 1.0),
        ("nxnxnnn", 2.0),  # one good slice is no recovery
        ("xxxx", None),
        ("xxxn", None),  # too short to say
    ],
)
def test_all_is_as_before_once_it_stays_so(slices: str, since_s: float | None) -> None:
    """Recovery counts from the first of three good slices in a row."""
    normal = [one == "n" for one in slices]
    assert recovered_s(normal, slice_s=0.5, holds_slices=3) == since_s


def _tally(*, due: int, answers: dict[str, int], took_s: float = 0.01) -> dict[str, object]:
    took = Histogram()
    for _ in range(answers.get("201", 0)):
        took.observe(took_s)
    return {
        "due": due, "answers": answers, "took": took.as_json(), "refused_in": {},
        "without_retry_after": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "took_s", "normal"),
    [
        ({"201": 95, "503 overloaded": 5}, 0.01, True),
        ({"201": 80, "503 overloaded": 20}, 0.01, False),
        ({"201": 80, "broken": 20}, 0.01, False),
        ({"201": 100}, 0.5, False),  # all accepted, but late
    ],
)
def test_a_slice_is_as_before_when_nearly_all_is_accepted_in_time(
    answers: dict[str, int], took_s: float, normal: bool
) -> None:
    """Both must hold: neither quick refusals nor late answers are recovery."""
    assert is_normal(_tally(due=100, answers=answers, took_s=took_s), 20.0) is normal


def test_a_stretch_is_of_all_streams_or_of_the_others() -> None:
    """What the one who floods gets is not in the others' figures; of nothing there is no p99."""
    report = {
        "phases": {
            "during": {
                "one": _tally(due=100, answers={"201": 10, "503 overloaded": 90}, took_s=0.2),
                "other-0": _tally(due=5, answers={"201": 5}),
                "other-1": _tally(due=5, answers={"201": 4, "503 overloaded": 1}),
            },
            "after": {"one": _tally(due=5, answers={"broken": 5})},
        }
    }
    sent = Sent(report=report, memory=[])
    everybody, others = stretch(sent, "during"), stretch(sent, "during", others=True)
    assert (everybody.due, everybody.accepted) == (110, 19)
    assert (others.due, others.accepted) == (10, 9)
    assert others.p99_ms < 11
    assert everybody.p99_ms > 190
    with pytest.raises(ServerError, match="nothing was accepted"):
        stretch(sent, "after")


def test_memory_is_flat_when_it_does_not_grow_within_the_shape() -> None:
    """What the first quarter takes is allowed; what still comes in the last is growth."""
    flat = [(float(n), 100.0 if n < 3 else 200.0) for n in range(21)]
    grows = [(float(n), 100.0 + 10 * n) for n in range(21)]
    assert memory(Sent(report={}, memory=flat), 0.0, 20.0)["flat"] is True
    assert memory(Sent(report={}, memory=grows), 0.0, 20.0)["flat"] is False
