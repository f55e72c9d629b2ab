"""The one judge of answers: what fits the order, what its sums say, what a person has to see."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Answer, AnswerKind, DeliveredCode, Ordered, Reason
from connectors.echo import Echo, Expected
from connectors.judgement import Part, judge
from connectors.secret import Secret

K = AnswerKind
ORDERED = Ordered(
    attempt_no="7",
    product_id="25",
    account="13800138000",
    quantity=2,
    face_minor=500,
    upstream_no="U1",
    agreed_minor=980,
)
EXPECTED = Expected(
    order_no="7",
    account="13800138000",
    product="25",
    quantity=2,
    amount=Decimal("10.00"),
    currency="CNY",
    limit_minor=1000,
)
SAID = Answer(
    kind=K.SUCCESS,
    echo=Echo(
        order_no="7",
        account="13800138000",
        product="25",
        quantity=2,
        amount=Decimal(10),
        currency="CNY",
    ),
    upstream_no="U1",
    cost_minor=980,
)
# Kinds that say something about an order's goods or money.
TELLING = (K.ACCEPTED, K.PROCESSING, K.SUCCESS, K.PARTIAL, K.FAILED, K.CANCELLED, K.REVERSED)


def judged(kind: AnswerKind = K.SUCCESS, **said: Any) -> Any:
    """What an answer proves of the order above."""
    return judge(replace(SAID, kind=kind, **said), ORDERED, EXPECTED)


def test_an_answer_that_fits_is_taken_as_it_is() -> None:
    """Everything told is what was ordered: its word counts, and its price is the cost."""
    found = judged()
    assert (found.kind, found.held, found.part) == (K.SUCCESS, None, None)
    assert (found.upstream_no, found.cost_minor) == ("U1", 980)


@pytest.mark.parametrize("kind", TELLING)
@pytest.mark.parametrize(
    ("strange", "what"),
    [
        ({"order_no": "8"}, "another order"),
        ({"account": "13900138000"}, "another account"),
        ({"account": "3800138000"}, "another account"),  # a suffix is another number
        ({"product": "26"}, "another product"),
        ({"quantity": 1}, "another quantity"),
        ({"amount": Decimal("10.01")}, "another amount"),
        ({"amount": Decimal(0)}, "another amount"),
    ],
)
def test_what_speaks_of_something_else_is_held(
    kind: AnswerKind, strange: dict[str, Any], what: str
) -> None:
    """Whatever it says: nothing of it is taken, neither end nor number nor price.

    Seen red with the check taken out of `judge`.
    """
    found = judged(kind, echo=replace(SAID.echo, **strange))
    assert (found.kind, found.reason) == (K.UNKNOWN, Reason.ECHO_MISMATCH)
    assert found.held == f"the answer speaks of {what}"
    assert (found.upstream_no, found.cost_minor, found.codes) == (None, None, ())


def test_another_order_of_theirs_is_held() -> None:
    """Our number under a number of theirs that we do not know: they have it twice."""
    assert judged(upstream_no="U2").held == "the answer speaks of another order of theirs"


@pytest.mark.parametrize("member", ["order_no", "account", "product", "quantity", "amount"])
def test_what_is_not_said_contradicts_nothing(member: str) -> None:
    """A member that is left out on either side is not compared."""
    assert judged(echo=replace(SAID.echo, **{member: None})).held is None
    unknown = replace(EXPECTED, **{member: None})
    assert judge(SAID, ORDERED, unknown).held is None


def test_amounts_in_other_currencies_are_not_compared() -> None:
    """Ten dollars are neither ten yuan nor another amount; a missing currency is ours."""
    assert judged(echo=replace(SAID.echo, amount=Decimal(72), currency="USD")).held is None
    told = replace(SAID.echo, amount=Decimal(72), currency=None)
    assert judged(echo=told).held == "the answer speaks of another amount"


@pytest.mark.parametrize(
    ("told", "same"),
    [
        ("8613800138000", True),
        ("13800138000", True),
        ("8613900138000", False),
        ("9999913800138000", False),  # no calling code has five digits
        ("38000", False),  # no number
    ],
)
def test_a_calling_code_may_be_left_out_where_the_platform_does(told: str, *, same: bool) -> None:
    """Only where the connector says so, and only as much as a calling code."""
    loose = replace(EXPECTED, calling_code_optional=True)
    answer = replace(SAID, echo=replace(SAID.echo, account=told))
    assert (judge(answer, ORDERED, loose).held is None) is same
    assert (judge(answer, ORDERED, EXPECTED).held is None) is (told == "13800138000")


# Word, price, money back, face credited; then the kind, how much, and what is kept as the cost.
PART = Part(done=490, whole=980)
WEIGHED: list[tuple[AnswerKind, int | None, int | None, int | None, AnswerKind, Any, Any]] = [
    (K.SUCCESS, 980, None, None, K.SUCCESS, None, 980),
    (K.SUCCESS, 980, 0, None, K.SUCCESS, None, 980),
    (K.SUCCESS, 980, 490, None, K.PARTIAL, PART, 490),  # found.md §2: status 3, half back
    (K.SUCCESS, 980, 1, None, K.PARTIAL, Part(done=979, whole=980), 979),
    (K.SUCCESS, None, 490, None, K.PARTIAL, PART, None),  # of the price it agreed to
    (K.SUCCESS, 980, None, 1000, K.SUCCESS, None, 980),
    (K.SUCCESS, 980, None, 600, K.PARTIAL, Part(done=600, whole=1000), 980),
    (K.PARTIAL, 980, None, 600, K.PARTIAL, Part(done=600, whole=1000), 980),
    (K.PARTIAL, 980, 490, None, K.PARTIAL, PART, 490),
    (K.PARTIAL, 490, None, None, K.PARTIAL, PART, 490),  # it charged half of what it agreed to
    (K.PARTIAL, 980, None, None, K.PARTIAL, None, 980),  # it does not say how much
    *((kind, 980, 980, None, kind, None, 0) for kind in (K.FAILED, K.CANCELLED, K.REVERSED)),
    *((kind, 980, 490, None, K.PARTIAL, PART, 490)  # found.md §2: status 4, 5, half back
      for kind in (K.FAILED, K.CANCELLED, K.REVERSED)),
    (K.FAILED, 980, None, None, K.FAILED, None, 980),  # it does not speak of money
    (K.FAILED, None, None, 0, K.FAILED, None, None),
    (K.FAILED, 0, 0, None, K.FAILED, None, 0),
    (K.PROCESSING, 980, 0, 0, K.PROCESSING, None, 980),
]  # fmt: skip


@pytest.mark.parametrize("row", WEIGHED, ids=range(len(WEIGHED)))
def test_word_goods_and_money_decide_together(row: Any) -> None:
    """One row for each way in which they go together; cost = total − back.

    Seen red with `refunded_minor` left out, as it was.
    """
    word, price, back, credited, *expected = row
    found = judged(word, cost_minor=price, refunded_minor=back, delivered_face_minor=credited)
    assert found.held is None
    assert [found.kind, found.part, found.cost_minor] == expected


@pytest.mark.parametrize(
    ("word", "said"),
    [
        *((kind, {"refunded_minor": 0}) for kind in (K.FAILED, K.CANCELLED, K.REVERSED)),
        (K.SUCCESS, {"refunded_minor": 980}),  # delivered, and all of the money back
        (K.SUCCESS, {"refunded_minor": 981}),
        (K.SUCCESS, {"refunded_minor": -1}),
        (K.SUCCESS, {"cost_minor": -1}),
        (K.SUCCESS, {"cost_minor": 1001}),  # above the limit that it was given
        (K.SUCCESS, {"delivered_face_minor": 0}),
        (K.SUCCESS, {"delivered_face_minor": 1001}),
        (K.PARTIAL, {"delivered_face_minor": 0}),
        (K.PARTIAL, {"delivered_quantity": 3}),
        (K.FAILED, {"delivered_face_minor": 500}),
        (K.CANCELLED, {"delivered_quantity": 1}),
    ],
)
def test_a_contradiction_is_for_a_person(word: AnswerKind, said: dict[str, Any]) -> None:
    """Its word and its sums do not go together: no refund and no delivery is guessed."""
    found = judged(word, **said)
    assert (found.kind, found.reason, found.cost_minor) == (K.UNKNOWN, Reason.CONTRADICTION, None)
    assert found.held


def test_money_back_of_an_unknown_price_is_held() -> None:
    """How much of it is kept cannot be told."""
    unagreed = replace(ORDERED, agreed_minor=None)
    for kind, back in ((K.SUCCESS, 100), (K.FAILED, 100), (K.FAILED, 0), (K.CANCELLED, 0)):
        answer = replace(SAID, kind=kind, cost_minor=None, refunded_minor=back)
        assert judge(answer, unagreed, EXPECTED).held
    nothing_back = replace(SAID, cost_minor=None, refunded_minor=0)
    assert judge(nothing_back, unagreed, EXPECTED).kind is K.SUCCESS


def test_sums_in_another_currency_tell_the_share_but_no_cost() -> None:
    """Half of a price in dollars back is half; what it cost in yuan it does not say."""
    found = judged(currency="USD", cost_minor=5_000_000, refunded_minor=2_500_000)
    assert (found.kind, found.part) == (K.PARTIAL, Part(done=2_500_000, whole=5_000_000))
    assert found.cost_minor is None


def test_what_says_nothing_of_goods_is_not_weighed() -> None:
    """A refusal, a lost answer, an absence: there is nothing to count."""
    for kind in (K.REJECTED, K.NOT_SENT, K.NOT_FOUND, K.UNKNOWN):
        found = judged(kind, refunded_minor=5, cost_minor=None, delivered_face_minor=1)
        assert (found.kind, found.held) == (kind, None)


@pytest.mark.parametrize("reason", [Reason.ECHO_MISMATCH, Reason.SEVERAL])
def test_several_or_foreign_orders_are_held(reason: Reason) -> None:
    """What a connector finds under our number that is not exactly our order."""
    found = judged(K.UNKNOWN, reason=reason, message="two of them", echo=Echo())
    assert (found.kind, found.held) == (K.UNKNOWN, "two of them")


def test_codes_that_are_missing_are_waited_for() -> None:
    """A success whose codes are not all there delivers nothing yet."""
    buys = replace(ORDERED, account=None)
    expected = replace(EXPECTED, account=None)
    one = (DeliveredCode(code=Secret("A")),)
    short = judge(replace(SAID, codes=one), buys, expected)
    assert (short.kind, short.reason, short.codes) == (K.PROCESSING, Reason.CODES_MISSING, ())
    assert judge(replace(SAID, codes=one * 2), buys, expected).kind is K.SUCCESS


amounts = st.none() | st.integers(-5, 2000)


@given(
    kind=st.sampled_from(list(K)),
    cost=amounts,
    back=amounts,
    credited=amounts,
    pieces=st.none() | st.integers(-1, 3),
)
def test_whatever_is_said_no_cent_is_lost(
    kind: AnswerKind, cost: int | None, back: int | None, credited: int | None, pieces: int | None
) -> None:
    """A plain end means that all of the money agrees with it; a part is a real part; anything else
    is held; and a judgement never says more than the platform did.
    """
    found = judged(
        kind,
        cost_minor=cost,
        refunded_minor=back,
        delivered_face_minor=credited,
        delivered_quantity=pieces,
    )
    if found.held:
        assert found.kind is K.UNKNOWN
        return
    if found.part is not None:
        assert found.kind is K.PARTIAL
        assert found.part.is_part
    if found.kind is K.SUCCESS:
        assert not back
        assert credited in (None, 1000)
    if found.kind in {K.FAILED, K.CANCELLED, K.REVERSED}:
        assert back is None or back == (980 if cost is None else cost)
        assert credited is None or credited <= 0
    if found.kind is not K.PARTIAL and kind is not K.REJECTED:
        assert found.kind is kind
