"""The limit under every load: classes above each other, partners by their weight."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.ground.traffic.admission import BANDS, Admission, AdmissionRules, Class, Work

OWNERS = st.integers(0, 4)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(Class), OWNERS, st.integers(1, 1_024), st.floats(0.0, 0.4), st.booleans()
    ),
    max_size=300,
)


@given(STEPS)
def test_a_class_is_refused_only_while_all_below_it_are(
    steps: list[tuple[Class, int, int, float, bool]],
) -> None:
    """At every moment of any load, for the lightest and the heaviest partner.

    Seen red with bands that overlap.
    """
    admission, now = Admission(AdmissionRules(floor=64, initial=512)), 0.0
    under_way: list[Work] = []
    for kind, owner, units, passes_s, ends in steps:
        now += passes_s
        if ends and under_way:
            admission.end(under_way.pop(0), now)
        if admission.admits(kind, owner, now):
            under_way.append(admission.begin(owner, units, now))
        taken = {
            each: [admission.admits(each, who, now) for who in (*range(5), None)] for each in Class
        }
        for low, high in zip(Class, list(Class)[1:], strict=False):
            assert all(taken[high]) or not any(taken[low])
    for each in under_way:
        admission.end(each, now)
    assert admission.inflight == 0


@given(st.lists(st.tuples(OWNERS, st.integers(1, 200)), min_size=1, max_size=60))
def test_the_heaviest_partner_of_late_is_refused_first(work: list[tuple[int, int]]) -> None:
    """Whoever had more of the work is not let in where somebody lighter is refused.

    Seen red with levels that do not look at the owner.
    """
    admission = Admission(AdmissionRules(floor=64, initial=1_000, forgets=1.0))
    had: dict[int, float] = dict.fromkeys(range(5), 0.0)
    for owner, units in work:
        admission.end(admission.begin(owner, units, 0.0), 0.1)
        had[owner] += units
    while admission.admits(Class.ORDER, "nobody yet", 0.1):
        admission.begin("nobody yet", 5, 0.1)
        taken = {owner: admission.admits(Class.ORDER, owner, 0.1) for owner in had}
        for one, is_taken in taken.items():
            if is_taken:
                assert all(taken[other] for other in had if had[other] < had[one])


def test_bands_lie_above_each_other() -> None:
    """From nothing to all of the limit, without a gap or an overlap among what is in bands."""
    bounds = [bound for kind in Class for bound in BANDS[kind]]
    assert bounds == sorted(bounds)
    assert bounds[-1] == 1.0
    assert bounds[1:-1:2] == bounds[2::2]
