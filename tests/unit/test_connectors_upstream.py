"""The driver's one rule: NOT_SENT before an executing request may have been read, UNKNOWN after."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from connectors.contract import (
    Cancellation,
    CancelRequest,
    Context,
    Exchange,
    FailureKind,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    ProtocolError,
    QueryKind,
    QueryRequest,
    QueryState,
    Reason,
    SubmitRequest,
    TransportFailure,
    UpstreamRefused,
)
from connectors.upstream import Upstream

READ = HttpRequest(method="GET", url="http://upstream.test/token")
BUY = HttpRequest(method="POST", url="http://upstream.test/buy", executes=True)
OK = HttpResponse(status=200)
LOST = TransportFailure(FailureKind.LOST, "deadline")
NOT_SENT = TransportFailure(FailureKind.NOT_SENT, "refused")
CANARY = "canary-51c0"


@dataclass(slots=True)
class FakeTransport:
    """Gives prepared answers; an exception among them is raised."""

    answers: list[HttpResponse | BaseException]
    sent: list[HttpRequest] = field(default_factory=list)

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """The next answer."""
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


Steps = Callable[[], Exchange[Outcome]]


@dataclass(slots=True)
class FakeConnector:
    """A connector whose operations all run the same steps."""

    steps: Steps

    def submit(self, _request: SubmitRequest, _context: Context) -> Exchange[Outcome]:
        """Run the steps."""
        return self.steps()

    query = submit
    cancel = submit


def token_then_buy() -> Exchange[Outcome]:
    """Two requests, the second of which executes."""
    yield READ
    yield BUY
    return Outcome(kind=OutcomeKind.ACCEPTED)


def buy_then_look() -> Exchange[Outcome]:
    """An executing request, then a read."""
    yield BUY
    yield READ
    return Outcome(kind=OutcomeKind.ACCEPTED)


def refused_token() -> Exchange[Outcome]:
    """A first step that the platform refuses."""
    yield READ
    raise UpstreamRefused(Reason.CREDENTIALS, "401", "bad key")


def unreadable_answer() -> Exchange[Outcome]:
    """An answer that proves nothing."""
    yield BUY
    raise ProtocolError("the answer is not JSON")


def our_bug() -> Exchange[Outcome]:
    """A bug of ours whose message quotes the answer."""
    yield BUY
    raise KeyError(CANARY)


def our_bug_before() -> Exchange[Outcome]:
    """A bug before anything was sent."""
    yield READ
    raise KeyError(CANARY)


def handled_failure() -> Exchange[Outcome]:
    """A connector that knows better."""
    try:
        yield READ
    except TransportFailure:
        yield BUY
    return Outcome(kind=OutcomeKind.ACCEPTED)


def upstream(steps: Steps, *answers: HttpResponse | BaseException) -> Upstream:
    """An upstream that runs these steps against these answers."""
    return Upstream(
        connector=FakeConnector(steps),  # type: ignore[arg-type]
        transport=FakeTransport(list(answers)),
        now=lambda: 0.0,
    )


REQUEST = SubmitRequest(attempt_no="T1", product_id="25", account="1")


@pytest.mark.parametrize(
    ("steps", "answers", "kind", "reason"),
    [
        (token_then_buy, [OK, OK], OutcomeKind.ACCEPTED, None),
        (token_then_buy, [LOST], OutcomeKind.NOT_SENT, Reason.CONNECTION),  # a read was lost
        (token_then_buy, [OK, NOT_SENT], OutcomeKind.NOT_SENT, Reason.CONNECTION),
        (token_then_buy, [OK, LOST], OutcomeKind.UNKNOWN, Reason.CONNECTION),
        (buy_then_look, [OK, NOT_SENT], OutcomeKind.UNKNOWN, Reason.CONNECTION),  # bought before
        (refused_token, [OK], OutcomeKind.NOT_SENT, Reason.CREDENTIALS),
        (unreadable_answer, [OK], OutcomeKind.UNKNOWN, Reason.UNREADABLE),
        (our_bug, [OK], OutcomeKind.UNKNOWN, Reason.UNREADABLE),
        (our_bug_before, [OK], OutcomeKind.NOT_SENT, Reason.UNREADABLE),
        (handled_failure, [LOST, OK], OutcomeKind.ACCEPTED, None),
        (handled_failure, [LOST, LOST], OutcomeKind.UNKNOWN, Reason.CONNECTION),
    ],
)
async def test_how_a_submit_ends(
    steps: Steps,
    answers: list[HttpResponse | BaseException],
    kind: OutcomeKind,
    reason: Reason | None,
) -> None:
    """Every way an operation can end, before and after the executing request."""
    outcome = await upstream(steps, *answers).submit(REQUEST)
    assert (outcome.kind, outcome.reason) == (kind, reason)
    assert CANARY not in repr(outcome)


@pytest.mark.parametrize("steps", [unreadable_answer, our_bug, refused_token, token_then_buy])
async def test_a_failed_query_is_no_news(steps: Steps) -> None:
    """Whatever happens to a query, it never says that an order failed."""
    failing = upstream(steps, OK, LOST)
    state = await failing.query(QueryRequest(attempt_no="T1"))
    assert isinstance(state, QueryState)
    assert state.kind is QueryKind.UNKNOWN
    assert CANARY not in repr(state)


@pytest.mark.parametrize("steps", [unreadable_answer, refused_token])
async def test_a_failed_cancel_proves_nothing(steps: Steps) -> None:
    """A cancel that got no answer counts as refused: the order goes on."""
    answer = await upstream(steps, OK).cancel(CancelRequest(attempt_no="T1"))
    assert answer is Cancellation.REFUSED


async def test_cancellation_passes_and_closes_the_operation() -> None:
    """A cancelled submit raises CancelledError, and the generator's cleanup runs."""
    closed = []

    def steps() -> Exchange[Outcome]:
        try:
            yield BUY
        finally:
            closed.append(True)
        return Outcome(kind=OutcomeKind.ACCEPTED)

    with pytest.raises(asyncio.CancelledError):
        await upstream(steps, asyncio.CancelledError()).submit(REQUEST)
    assert closed == [True]
