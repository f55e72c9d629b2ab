"""Codes of our own: drawn, compared with the pool, staged and put on sale like an import."""

import asyncio
import math
import secrets
from dataclasses import dataclass

from gateway.codes.rules import StagedBatch
from gateway.codes.staging import (
    CHUNK_ROWS,
    Chunk,
    Target,
    fingerprinted,
    open_batch,
    stage_chunk,
)
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.errors import RefusedError
from gateway.ground.native import ParsedBatch, pattern_space

# Draws that find nothing new before we say the pattern is used up. With half of its codes
# taken (the most there can be) each draw of one code alone fails with a chance of 1/2.
BARREN_DRAWS_MAX = 64

# Below so many bits somebody who guesses finds a code in time: at ten guesses a second 2^30 take
# three years.
GUESS_BITS_MIN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationJob:
    """What to draw."""

    pattern: str
    count: int
    check: bool = False  # append a check character


async def generate_codes(target: Target, job: GenerationJob) -> int:
    """Put `job.count` new codes on sale; returns their batch.

    Raises RefusedError for a pattern that is malformed or too small: at most half of its codes
    may be drawn, so that drawing ends and nobody guesses one by luck alone.
    """
    _check_space(job)
    async with target.store.exclusively(target.pool.id):
        # A random digest: nothing to go on with, a killed run is discarded by the next.
        digest = secrets.token_bytes(32)
        batch = await open_batch(target, kind="generate", source=job.pattern, digest=digest)
        try:
            await _draw(target, batch, job)
        except RefusedError:
            await target.store.discard(batch.id)
            raise
        await target.store.finish(batch.id)
    return batch.id


def guess_bits(job: GenerationJob) -> float:
    """How hard one of the job's codes is to guess: log2 of the guesses it takes on average.

    Raises RefusedError for a pattern that is malformed or too small.
    """
    return math.log2(_check_space(job) / job.count)


def _check_space(job: GenerationJob) -> int:
    try:
        space = pattern_space(job.pattern)
    except ValueError as error:
        raise wrong("pattern", "pattern", detail=str(error)) from None
    if job.count * 2 > space:
        raise refused(
            "pattern-too-small", "pattern-too-small", "pattern",
            pattern=job.pattern, space=space, bits=f"{math.log2(space):.1f}",
        )  # fmt: skip
    return space


async def _draw(target: Target, batch: StagedBatch, job: GenerationJob) -> None:
    missing, barren = job.count, 0
    while missing > 0:
        count = min(missing, CHUNK_ROWS)
        chunk = await asyncio.to_thread(_draw_chunk, target, job, count)
        known = await stage_chunk(target, batch, chunk, seq=batch.lo + job.count - missing)
        fresh = chunk.facts.candidates - len(known.dropped)
        missing -= fresh
        barren = 0 if fresh else barren + 1
        if barren >= BARREN_DRAWS_MAX:
            raise refused("pattern-too-small", "pattern-used-up", "pattern", pattern=job.pattern)


def _draw_chunk(target: Target, job: GenerationJob, count: int) -> Chunk:
    pool = target.pool
    rows = ParsedBatch.generate(
        job.pattern, count, check=job.check,
        ignore_case=pool.ignore_case, ignore_spaces=pool.ignore_spaces,
    )  # fmt: skip
    return fingerprinted(rows, target.vault, bytes_done=0)
