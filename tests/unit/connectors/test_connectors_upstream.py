"""The driver's one rule: NOT_SENT before an executing request may have been read, UNKNOWN after."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from connectors.contract import (
    Answer,
    AnswerKind,
    Cancellation,
    CancelRequest,
    Context,
    Exchange,
    Ordered,
    QueryRequest,
    Reason,
    SubmitRequest,
    UpstreamRefused,
)
from connectors.echo import Expected
from connectors.exchange import (
    FailureKind,
    HttpRequest,
    HttpResponse,
    ProtocolError,
    TransportFailure,
)
from connectors.judgement import Judgement
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


Steps = Callable[[], Exchange[Answer]]


@dataclass(slots=True)
class FakeConnector:
    """A connector whose operations all run the same steps."""

    steps: Steps

    def submit(self, _request: SubmitRequest, _context: Context) -> Exchange[Answer]:
        """Run the steps."""
        return self.steps()

    query = submit
    cancel = submit

    def expects(self, _ordered: Ordered) -> Expected:
        """Nothing: the steps echo nothing."""
        return Expected()


def token_then_buy() -> Exchange[Answer]:
    """Two requests, the second of which executes."""
    yield READ
    yield BUY
    return Answer(kind=AnswerKind.ACCEPTED)


def buy_then_look() -> Exchange[Answer]:
    """An executing request, then a read."""
    yield BUY
    yield READ
    return Answer(kind=AnswerKind.ACCEPTED)


def refused_token() -> Exchange[Answer]:
    """A first step that the platform refuses."""
    yield READ
    raise UpstreamRefused(Reason.CREDENTIALS, "401", "bad key")


def unreadable_answer() -> Exchange[Answer]:
    """An answer that proves nothing."""
    yield BUY
    raise ProtocolError("the answer is not JSON")


def our_bug() -> Exchange[Answer]:
    """A bug of ours whose message quotes the answer."""
    yield BUY
    raise KeyError(CANARY)


def our_bug_before() -> Exchange[Answer]:
    """A bug before anything was sent."""
    yield READ
    raise KeyError(CANARY)


def handled_failure() -> Exchange[Answer]:
    """A connector that knows better."""
    try:
        yield READ
    except TransportFailure:
        yield BUY
    return Answer(kind=AnswerKind.ACCEPTED)


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
        (token_then_buy, [OK, OK], AnswerKind.ACCEPTED, None),
        (token_then_buy, [LOST], AnswerKind.NOT_SENT, Reason.CONNECTION),  # a read was lost
        (token_then_buy, [OK, NOT_SENT], AnswerKind.NOT_SENT, Reason.CONNECTION),
        (token_then_buy, [OK, LOST], AnswerKind.UNKNOWN, Reason.CONNECTION),
        (buy_then_look, [OK, NOT_SENT], AnswerKind.UNKNOWN, Reason.CONNECTION),  # bought before
        (refused_token, [OK], AnswerKind.NOT_SENT, Reason.CREDENTIALS),
        (unreadable_answer, [OK], AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (our_bug, [OK], AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (our_bug_before, [OK], AnswerKind.NOT_SENT, Reason.UNREADABLE),
        (handled_failure, [LOST, OK], AnswerKind.ACCEPTED, None),
        (handled_failure, [LOST, LOST], AnswerKind.UNKNOWN, Reason.CONNECTION),
    ],
)
async def test_how_a_submit_ends(
    steps: Steps,
    answers: list[HttpResponse | BaseException],
    kind: AnswerKind,
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
    assert isinstance(state, Judgement)
    assert state.kind is AnswerKind.UNKNOWN
    assert CANARY not in repr(state)


@pytest.mark.parametrize("steps", [unreadable_answer, refused_token])
async def test_a_failed_cancel_proves_nothing(steps: Steps) -> None:
    """A cancel that got no answer counts as refused: the order goes on."""
    answer = await upstream(steps, OK).cancel(CancelRequest(attempt_no="T1"))
    assert answer is Cancellation.REFUSED


async def test_cancellation_passes_and_closes_the_operation() -> None:
    """A cancelled submit raises CancelledError, and the generator's cleanup runs."""
    closed = []

    def steps() -> Exchange[Answer]:
        try:
            yield BUY
        finally:
            closed.append(True)
        return Answer(kind=AnswerKind.ACCEPTED)

    with pytest.raises(asyncio.CancelledError):
        await upstream(steps, asyncio.CancelledError()).submit(REQUEST)
    assert closed == [True]
