"""Tells operators at the places they named: grouped, within limits, and again when it fails."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import structlog

from connectors.exchange import HttpResponse
from connectors.notifiers.email import Email
from connectors.notifiers.kinds import PLACES
from connectors.notifiers.notice import Notice
from connectors.notifiers.places import Judgement, Message, Place
from connectors.settings import load_settings
from gateway.alerts.notice import TakenPlace, Waiting
from gateway.ground.desk.html.wording import Wording

log = structlog.get_logger()

PURPOSE: Final = "notifier"  # what the vault binds the settings to
TURN_S: Final = 2.0
HOLD_S: Final = 60.0  # longer than a call; a worker that dies with it holds a place up for so long
GATHER_S: Final = 2.0  # what comes together is told together
AT_ONCE_MAX: Final = 100
FIRST_WAIT_S: Final = 5.0
WAIT_S_MAX: Final = 900.0
WHY_MAX: Final = 200


class Answered(Protocol):
    """What came of a request; see webhooks.rules.Answer."""

    @property
    def status(self) -> int | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def retry_after_s(self) -> float | None: ...
    @property
    def body(self) -> bytes: ...


class Sender(Protocol):
    """Sends one request; see webhooks.guarded_client."""

    async def send(
        self, partner_id: int, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answered: ...


class Mails(Protocol):
    """Sends e-mail; see mail.Mailer."""

    async def send(self, place: Email, message: Message) -> Judgement: ...


class Notices(Protocol):
    """See notice_store.NoticeStore."""

    async def take_place(self, hold_s: float, gather_s: float) -> TakenPlace | None: ...
    async def waiting(self, place: int, most: int) -> Sequence[Waiting]: ...
    async def told(self, place: int, notices: Sequence[int], gap_s: float) -> None: ...
    async def not_told(self, place: int, why: str, wait_s: float) -> None: ...
    async def forget_old(self) -> None: ...


class Telling:
    """One worker's part; a place is told by one worker at a time."""

    def __init__(
        self,
        notices: Notices,
        sender: Sender,
        mails: Mails,
        open_secret: Callable[[str, bytes], bytes],
    ) -> None:
        self._notices = notices
        self._sender = sender
        self._mails = mails
        self._open = open_secret

    async def run(self) -> None:
        """Until cancelled; what fails is tried again."""
        while True:
            await asyncio.sleep(TURN_S)
            try:
                while await self.turn():
                    pass
                await self._notices.forget_old()
            except Exception as error:  # noqa: BLE001  the next turn tries again
                log.info("notifiers.not_now", error=type(error).__name__)

    async def turn(self) -> bool:
        """Tell one place what it is to be told; whether there was one."""
        taken = await self._notices.take_place(HOLD_S, GATHER_S)
        if taken is None:
            return False
        waiting = await self._notices.waiting(taken.id, AT_ONCE_MAX)
        if not waiting:
            return True
        try:
            place = as_place(taken.kind, json.loads(self._open(PURPOSE, taken.settings)))
        except Exception as error:  # noqa: BLE001  a key that is missing, settings of another version
            await self._failed(taken, Judgement(why=f"its settings: {type(error).__name__}"))
            return True
        told = [
            Notice(
                event=one.event, alert=one.alert, kind=one.kind, subject=one.subject,
                level=one.level, detail=one.detail, since=one.since,
            )
            for one in waiting
        ]  # fmt: skip
        name = f"al_{taken.id}_{waiting[-1].notice_id}"
        words = Wording(place.language)
        message = Message(id=name, notices=told, now_s=time.time(), told=words.told)
        found = await tell(self._sender, self._mails, place, message)
        if found.why is not None:
            await self._failed(taken, found)
            return True
        await self._notices.told(taken.id, [one.notice_id for one in waiting], place.gap_s)
        return True

    async def _failed(self, taken: TakenPlace, found: Judgement) -> None:
        why = (found.why or "")[:WHY_MAX]
        wait_s = max(found.wait_s, min(FIRST_WAIT_S * 2.0**taken.failures, WAIT_S_MAX))
        log.warning("notifier.not_told", notifier=taken.name, why=why, again_in_s=wait_s)
        await self._notices.not_told(taken.id, why, wait_s)


def as_place(kind: str, settings: Mapping[str, str]) -> Place | Email:
    """A place of its kind. Raises SettingsError, which names what is wrong."""
    made: Place | Email = load_settings(PLACES[kind], settings)
    return made


async def tell(sender: Sender, mails: Mails, place: Place | Email, message: Message) -> Judgement:
    """Send one message; what became of it. Never raises but when cancelled."""
    if isinstance(place, Email):
        return await mails.send(place, message)
    request = place.request(message)
    answer = await sender.send(0, request.url, request.headers, request.body)
    if answer.status is None:
        return Judgement(why=answer.error or "no answer")
    found = place.judge(HttpResponse(status=answer.status, body=answer.body))
    if found.why is None or answer.retry_after_s is None:
        return found
    return Judgement(why=found.why, wait_s=max(found.wait_s, min(answer.retry_after_s, WAIT_S_MAX)))


def settings_as_json(settings: Mapping[str, Any]) -> bytes:
    """As they are wrapped."""
    return json.dumps(dict(settings)).encode()
