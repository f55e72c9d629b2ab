"""The last refused requests of every key, for `quangate key check`.

A partner is told only that a request was refused; the operator may see what was compared. Kept
in memory, a few for each key, and written to a file of the data directory now and then: the
command reads those of all workers. Of keys that do not exist nothing is kept.
"""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import structlog

from gateway.catalog.rules import Key
from gateway.ground.http.address import Address
from gateway.ground.http.request import Asked
from gateway.partners.refusal import (
    FIELD_CHARS_MAX,
    KEYS_MAX,
    PER_KEY_MAX,
    TARGET_CHARS_MAX,
    RefusedRequest,
)

log = structlog.get_logger()

SHARE_EVERY_S: Final = 0.5
DIRECTORY: Final = "refused"  # below DIR/run

_SECRET: Final = re.compile(r"(q[sd]_|whsec_)[A-Za-z0-9_+/=-]*")

Kept = dict[str, list[RefusedRequest]]


class _Noted(NamedTuple):
    """As it was seen, cut: who refuses many writes down little of each, and few are kept."""

    at: float
    code: str
    reason: str
    client: Address | None
    method: str
    target: str
    timestamp: str
    nonce: str
    signature: str
    body_sha256: bytes | None

    def told(self) -> RefusedRequest:
        """As it may be shown."""
        return RefusedRequest(
            at=self.at,
            code=self.code,
            reason=self.reason,
            client=None if self.client is None else str(self.client),
            method=self.method,
            target=_text(self.target),
            timestamp=_text(self.timestamp),
            nonce=_text(self.nonce),
            signature=_text(self.signature),
            body_sha256=None if self.body_sha256 is None else self.body_sha256.hex(),
        )


class Refusals:
    """Those that one worker saw, oldest first; of the keys refused least recently none."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, deque[_Noted | RefusedRequest]] = OrderedDict()
        self._is_new = False

    def note(self, request: Asked, key: Key, code: str, reason: str, body: bytes | None) -> None:
        """Keep a refused request of a key; `body` None: it was not read."""
        find = request.headers.get
        noted = _Noted(
            time.time(),
            code,
            reason,
            request.client,
            request.method,
            request.raw_path[:TARGET_CHARS_MAX],
            find("X-Quangate-Timestamp", "")[:FIELD_CHARS_MAX],
            find("X-Quangate-Nonce", "")[:FIELD_CHARS_MAX],
            find("X-Quangate-Signature", "")[:FIELD_CHARS_MAX],
            None if body is None else hashlib.sha256(body).digest(),
        )
        kept = self._by_key.get(key.key_id)
        if kept is None:
            kept = self._by_key[key.key_id] = deque(maxlen=PER_KEY_MAX)
            if len(self._by_key) > KEYS_MAX:
                self._by_key.popitem(last=False)
        self._by_key.move_to_end(key.key_id)
        kept.append(noted)
        self._is_new = True

    def restore(self, kept: Mapping[str, Sequence[RefusedRequest]]) -> None:
        """Go on from what a former worker left."""
        for key_id, refused in list(kept.items())[-KEYS_MAX:]:
            self._by_key[key_id] = deque(refused, maxlen=PER_KEY_MAX)

    def news(self) -> bytes | None:
        """All that is kept as JSON, if there is more than there was the last time."""
        if not self._is_new:
            return None
        self._is_new = False
        for kept in self._by_key.values():
            for n, each in enumerate(kept):
                if isinstance(each, _Noted):
                    kept[n] = each.told()
        return msgspec.json.encode({key_id: list(kept) for key_id, kept in self._by_key.items()})


async def share_refusals(refusals: Refusals, data: Path, slot: int) -> None:
    """Write what is new to this worker's file, until cancelled, and then once more."""
    path = _directory(data) / f"{slot}.json"
    refusals.restore(_read(path))
    try:
        while True:
            await asyncio.sleep(SHARE_EVERY_S)
            news = refusals.news()
            if news is not None:
                await asyncio.to_thread(_attempt, _write, path, news)
    finally:
        news = refusals.news()
        if news is not None:
            _attempt(_write, path, news)


def read_refusals(data: Path, key_id: str) -> list[RefusedRequest]:
    """Those of a key that all workers of a data directory kept, the newest first."""
    found = [each for path in _paths(data) for each in _read(path).get(key_id, ())]
    return sorted(found, key=lambda refused: -refused.at)[:PER_KEY_MAX]


def _text(value: str) -> str:
    """What was sent, without a secret that was put in a wrong place, and all of it UTF-8."""
    shown = _SECRET.sub(r"\1[hidden]", value)
    return shown.encode("utf-8", "backslashreplace").decode()


def _directory(data: Path) -> Path:
    return data / "run" / DIRECTORY


def _paths(data: Path) -> Iterator[Path]:
    yield from sorted(_directory(data).glob("*.json"))


def _read(path: Path) -> Kept:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):  # not there, or of another version
        return {}


def _attempt(write: Callable[[Path, bytes], None], path: Path, content: bytes) -> None:
    try:
        write(path, content)
    except OSError as error:  # a full disk loses what operators might look at, not orders
        log.warning("refusals.not_written", error=error.strerror)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    unfinished.replace(path)
