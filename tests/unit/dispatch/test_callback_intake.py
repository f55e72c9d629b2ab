"""Callbacks between fakes: what is read, kept and applied before one may be acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.contract import Ack, Answer, AnswerKind, CallbackEvent, Ordered
from connectors.echo import Echo, Expected
from connectors.judgement import Judgement, judge
from gateway.dispatch.attempt_record import AttemptRecord
from gateway.dispatch.callbacks import Callbacks
from gateway.dispatch.job import Job
from gateway.dispatch.received import Received
from gateway.ground.errors import StoreUnavailableError

UPSTREAM = 3


def event_of(
    kind: AnswerKind = AnswerKind.SUCCESS,
    *,
    trusted: bool = True,
    holds_codes: bool = False,
    account: str | None = None,
) -> CallbackEvent:
    """A callback about attempt 7; `account` is the one it speaks of."""
    answer = Answer(kind=kind, echo=Echo(order_no="7", account=account))
    return CallbackEvent(
        ack=Ack(), attempt_no="7", answer=answer, trusted=trusted, holds_codes=holds_codes
    )


def job(**changes: Any) -> Job:
    """Attempt 7, a top-up under way."""
    values: dict[str, Any] = {
        "attempt_id": 7, "partner_id": 1, "order_id": 2, "sku_id": 1, "upstream_id": UPSTREAM,
        "product_id": "1", "account": "13800000000", "quantity": 1, "amount_minor": 5,
        "cost_max_minor": 5, "face_minor": None, "ordered_at": 0.0, "since": 0.0,
    }  # fmt: skip
    return Job(**(values | changes))


@dataclass
class World:
    """The store and the dispatcher in one: `memory` and `rows` by attempt, what they were told."""

    memory: dict[int, Job] = field(default_factory=dict)
    rows: list[AttemptRecord] = field(default_factory=list)
    read: list[list[int]] = field(default_factory=list)
    kept: list[tuple[int | None, str, bytes]] = field(default_factory=list)
    news_of: list[int] = field(default_factory=list)
    hints_of: list[int] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    counted: list[tuple[int, int]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    accepted: set[int] = field(default_factory=set)

    def take(self, **event: Any) -> Any:
        """Take a callback of the upstream in."""
        return Callbacks(attempts=self, dispatcher=self).take(  # type: ignore[arg-type]
            Received(upstream_id=UPSTREAM, event=event_of(**event), body=b"{}")
        )

    def awaited(self, attempt_id: int) -> Job | None:
        """What is in memory."""
        return self.memory.get(attempt_id)

    def has_accepted(self, attempt_id: int) -> bool:
        """Whose acceptance is not written yet."""
        return attempt_id in self.accepted

    async def by_ids(self, attempt_ids: Sequence[int]) -> list[AttemptRecord]:
        """What is in the database."""
        self.read.append(list(attempt_ids))
        return [row for row in self.rows if row.id in attempt_ids]

    async def keep_callbacks(self, columns: Sequence[Sequence[Any]]) -> None:
        """Remember."""
        if "keep" in self.failing:
            raise StoreUnavailableError("away")
        self.digests += columns[5]
        self.kept += zip(columns[1], columns[2], columns[4], strict=True)

    def judge(self, told: Job, answer: Answer) -> Judgement:
        """As the platform's driver does."""
        ordered = Ordered(attempt_no=str(told.attempt_id), account=told.account or None)
        return judge(answer, ordered, Expected(order_no="7", account=told.account or None))

    async def count_callbacks(self, columns: Sequence[Sequence[Any]]) -> None:
        """Remember."""
        self.counted += zip(columns[1], columns[3], strict=True)

    async def news(self, told: Job, answer: Judgement) -> str:
        """Remember."""
        if "news" in self.failing:
            raise StoreUnavailableError("away")
        self.news_of.append(told.attempt_id)
        self.held += [answer.held] if answer.held else []
        return "applied"

    def hint(self, told: Job) -> None:
        """Remember."""
        self.hints_of.append(told.attempt_id)


def record(**changes: Any) -> AttemptRecord:
    """The row of attempt 7."""
    values: dict[str, Any] = {
        "id": 7, "partner_id": 1, "order_id": 2, "upstream_id": UPSTREAM, "product_id": "1",
        "account": "13800000000", "quantity": 1, "cost_max": 5, "face_value": None, "cost": None,
        "state": "accepted", "upstream_no": None, "queries": 0, "not_found": 0, "sends": 1,
        "age_s": 1.0, "order_age_s": 1.0, "unsent": False, "sku_id": 1, "amount": 5,
        "succeeded_before": False,
    }  # fmt: skip
    return AttemptRecord(**(values | changes))


async def test_a_word_that_settles_needs_no_reading_of_what_is_in_memory() -> None:
    """A trusted end of an attempt sent from here is kept and applied, and nothing is read."""
    world = World(memory={7: job()})
    await world.take()
    assert (world.read, world.news_of) == ([], [7])
    assert world.kept == [(7, "trusted", b"{}")]


@pytest.mark.parametrize(
    "event",
    [
        {"trusted": False},  # nothing proves it: a hint
        {"kind": AnswerKind.PROCESSING},  # no end
        {"kind": AnswerKind.PARTIAL},  # how much, only a query tells
    ],
)
async def test_a_hint_is_judged_by_the_row(event: dict[str, Any]) -> None:
    """What settles nothing is read, whatever memory knows, and leads to a question at most."""
    world = World(memory={7: job()}, rows=[record(state="uncertain")])
    await world.take(**event)
    assert (world.read, world.news_of, world.hints_of) == ([[7]], [], [7])


async def test_what_an_unwritten_acceptance_says_is_known() -> None:
    """That it is being worked on needs no question while the acceptance waits to be written."""
    world = World(memory={7: job()}, rows=[record(state="created")], accepted={7})
    await world.take(kind=AnswerKind.PROCESSING)
    assert (world.news_of, world.hints_of) == ([], [])


async def test_a_signed_word_about_another_account_is_held() -> None:
    """The same judge at every door: what names another account delivers nothing, a person looks.

    Seen red with the callback's word taken without its echo, as it was.
    """
    world = World(memory={7: job()})
    await world.take(account="13900000000")
    assert (world.news_of, world.held) == ([7], ["the answer speaks of another account"])
    told = World(memory={7: job()})
    await told.take(account="13800000000")
    assert (told.news_of, told.held) == ([7], [])


async def test_what_is_not_in_memory_is_read() -> None:
    """An attempt that another worker sent is settled from its row."""
    world = World(rows=[record()])
    await world.take()
    assert (world.read, world.news_of) == ([[7]], [7])


async def test_another_upstreams_attempt_is_unknown() -> None:
    """A number in memory that belongs to another platform is not settled by this one's word."""
    world = World(memory={7: job(upstream_id=UPSTREAM + 1)})
    await world.take()
    assert world.news_of == []
    assert [verdict for _, verdict, _ in world.kept] == ["unknown-attempt"]


@pytest.mark.parametrize("failing", ["keep", "news"])
async def test_only_what_was_kept_and_applied_is_acknowledged(failing: str) -> None:
    """Whichever of both fails, the platform is not told that we have it: it comes again."""
    world = World(memory={7: job()}, failing={failing})
    with pytest.raises(StoreUnavailableError):
        await world.take()


async def test_of_a_callback_with_codes_only_the_digest_is_kept() -> None:
    """Codes never lie in the open: not those of an attempt that buys some, nor any others."""
    for event, bought in (({"holds_codes": True}, job()), ({}, job(account=""))):
        world = World(memory={7: bought})
        await world.take(**event)
        assert world.kept[0][2].startswith(b"sha256:")
