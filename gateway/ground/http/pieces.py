"""Work on many lines, done in pieces: no request holds the loop for longer than a ms or two.

Between two pieces the loop serves everybody else; partners whose requests are cut like this
take turns at the pieces.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

from aiohttp.web import BaseRequest, StreamResponse
from multidict import CIMultiDict

from gateway.ground.http.answers import JSON_TYPE
from gateway.ground.http.direct_answer import SERVER_NAME
from gateway.ground.http.request import of
from gateway.ground.shares import Shares

PIECE_S: Final = 0.001
BETWEEN_LOOKS: Final = 8  # items done between two looks at the clock
WRITE_BYTES: Final = 262_144

Item = TypeVar("Item")
Done = TypeVar("Done")


async def in_pieces(
    turns: Shares, partner_id: int, items: Iterable[Item], work: Callable[[Item], Done]
) -> list[Done]:
    """What `work` makes of each item. Raises what it raises."""
    done: list[Done] = []
    rest = iter(items)
    unfinished = True
    while unfinished:
        async with turns.held(partner_id):
            unfinished = _one_piece(rest, work, done)
            if unfinished:
                await asyncio.sleep(0)  # at least one round of the loop for the others
    return done


def _one_piece(rest: Iterator[Item], work: Callable[[Item], Done], done: list[Done]) -> bool:
    """Work for some milliseconds; whether there may be more."""
    ends_at = time.perf_counter() + PIECE_S
    while some := list(map(work, islice(rest, BETWEEN_LOOKS))):
        done += some
        if time.perf_counter() > ends_at:
            return True
    return False


async def write_in_pieces(request: BaseRequest, parts: list[bytes]) -> StreamResponse:
    """A JSON answer, written as the reader takes it; `parts` is emptied on the way."""
    response = StreamResponse(
        headers=CIMultiDict({"Content-Type": JSON_TYPE, "Server": SERVER_NAME})
    )
    response.content_length = sum(map(len, parts))
    of(request).end(time.perf_counter())
    await response.prepare(request)
    for piece in _pieces(parts):
        await response.write(piece)
    return response


def _pieces(parts: list[bytes]) -> Iterable[bytes]:
    parts.reverse()
    while parts:
        piece = [parts.pop()]
        size = len(piece[0])
        while parts and size + len(parts[-1]) <= WRITE_BYTES:
            size += len(parts[-1])
            piece.append(parts.pop())
        yield b"".join(piece)
