"""One attempt to deliver a message: signed, sent, judged and recorded. Results are, in groups."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from gateway.ground.errors import StoreUnavailableError
from gateway.ground.histogram import Times
from gateway.ground.sql.batcher import GroupCommit
from gateway.webhooks.bodies import Bodies
from gateway.webhooks.message import Message, Sender, Sign, Webhooks
from gateway.webhooks.record import Outcome, TakenRow
from gateway.webhooks.rules import Answer, Decision, WebhookState, decide

log = structlog.get_logger()

APART_S: Final = 0.02  # between groups of results
HEADERS: Final = {"Content-Type": "application/json", "User-Agent": "Quangate-Webhooks/1"}
DISABLED: Final = "the endpoint is disabled or was never set"


class Attempts:
    """`knows` tells whether a partner's secrets are here, `learn` reads them anew.

    `endpoint_gone` takes the partner whose endpoint answered that it is no more.
    """

    def __init__(
        self,
        *,
        webhooks: Webhooks,
        sender: Sender,
        sign: Sign,
        bodies: Bodies,
        knows: Callable[[int], bool],
        learn: Callable[[], Awaitable[None]],
        endpoint_gone: Callable[[int], None],
        wall_clock: Callable[[], float],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._webhooks = webhooks
        self._sender = sender
        self._sign = sign
        self._bodies = bodies
        self._knows = knows
        self._learn = learn
        self._endpoint_gone = endpoint_gone
        self._wall_clock = wall_clock
        self._clock = clock
        self._chance = chance
        self._recording: GroupCommit[Outcome, None] = GroupCommit(
            self._record_batch, calls_max=2, batch_max=256, waiting_max=200_000, apart_s=APART_S
        )
        self.times = Times()  # by (delivered | failed)
        self.delivered = self.failed = 0
        self.dead = 0  # dead letters

    async def make(self, message: Message) -> bool:
        """Whether the receiver failed. Raises StoreUnavailableError when it is not recorded."""
        if message.body is None:
            message.body = await self._bodies.compose(message)
        body = message.body
        timestamp = int(self._wall_clock())
        if not self._knows(message.partner_id):
            await self._learn()
        signature = self._sign(message.partner_id, message.id, timestamp, body)
        if signature is None:
            raise StoreUnavailableError("the partner's secret is not known")
        headers = {
            **HEADERS,
            "webhook-id": f"msg_{message.id}",
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature,
        }
        began = self._clock()
        answer = await self._sender.send(message.partner_id, message.url, headers, body)
        took_s = self._clock() - began
        decision = decide(answer, attempts_before=message.attempts, chance=self._chance())
        well = decision.state is WebhookState.DELIVERED
        self.times["delivered" if well else "failed",].observe(took_s)
        if decision.endpoint_gone and message.to_endpoint:
            self._endpoint_gone(message.partner_id)
        self._count(message, answer, decision)
        await self._recording.submit(
            Outcome(
                message_id=message.id,
                replays=message.replays,
                attempts_before=message.attempts,
                tried=True,
                state=decision.state,
                status=answer.status,
                error=answer.error,
                delay_s=decision.delay_s,
                body=body,
                gone=message.url if decision.endpoint_gone else None,
            )
        )
        return decision.receiver_failed

    def _count(self, message: Message, answer: Answer, decision: Decision) -> None:
        if decision.state is WebhookState.DELIVERED:
            self.delivered += 1
            return
        self.failed += 1
        self.dead += decision.state is WebhookState.DEAD
        log.info(
            "webhook.failed",
            webhook_id=message.id,
            partner_id=message.partner_id,
            attempt=message.attempts + 1,
            status=answer.status,
            reason=answer.error,
            state=decision.state,
        )

    def bury(self, row: TakenRow) -> None:
        """Nobody is there to send it to: a dead letter, until it is replayed."""
        self.dead += 1
        outcome = Outcome(
            message_id=row.id,
            replays=row.replays,
            attempts_before=row.attempts,
            tried=False,
            state=WebhookState.DEAD,
            status=None,
            error=DISABLED,
            delay_s=None,
            body=None,
            gone=None,
        )
        burial = asyncio.ensure_future(self._recording.submit(outcome))
        burial.add_done_callback(ignore_failure)

    async def _record_batch(self, outcomes: Sequence[Outcome]) -> Sequence[None]:
        await self._webhooks.record(outcomes)
        return [None] * len(outcomes)


def ignore_failure(done: "asyncio.Future[None]") -> None:
    """A burial that failed is tried again when the row is due again."""
    if not done.cancelled():
        done.exception()
