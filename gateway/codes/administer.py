"""What operators do with codes: jobs over files and pools, followed by whoever asked for them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gateway.codes import void as code_void
from gateway.codes.generate import GUESS_BITS_MIN, GenerationJob, generate_codes, guess_bits
from gateway.codes.import_file import ImportJob, ImportOutcome, Report, digest_of, import_codes
from gateway.codes.rules import PoolFacts
from gateway.codes.staging import StagingStore, Target
from gateway.codes.supplier_file import (
    ask,
    detecting,
    offsets,
    open_code_file,
    open_report,
    path_of,
    show_shape,
)
from gateway.ground.command.tables import clean
from gateway.ground.desk.job import Asker, Site
from gateway.ground.desk.refusal import wrong
from gateway.ground.native import Vault
from gateway.ground.number import read_whole


class SupplyStore(StagingStore, Protocol):
    """Where codes are brought to; see import_store.StagingRows."""

    async def now_s(self) -> int:
        """The database's clock, in Unix seconds."""

    async def pool(self, name: str) -> PoolFacts:
        """The pool of a name. Raises RefusedError when there is none."""


class RecallStore(code_void.VoidStore, Protocol):
    """Where codes are taken from; see void_store.VoidRows."""

    async def pool(self, name: str) -> PoolFacts:
        """The pool of a name. Raises RefusedError when there is none."""


# They are opened when what needs no look at them is checked.
OpenSupply = Callable[[], AbstractAsyncContextManager[tuple[SupplyStore, Vault]]]
OpenRecall = Callable[[], AbstractAsyncContextManager[tuple[RecallStore, Vault]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """A supplier's file, how it is to be read, and what may come of it."""

    file: str  # a path; - for the standard input
    pool: str
    shape: Mapping[str, Any]  # what of it is fixed, not detected
    zone: str  # of times without one
    yes: bool = False  # what is not certain is right as shown
    dry_run: bool = False
    strict: bool = False
    report: str | None = None
    name: str | None = None  # for people, where the path says nothing; None: the path's
    verdicts: Report | None = None  # who is told of each line, beside the report


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Unsold codes of a pool that are to be taken off sale: one of batch, numbers, file."""

    pool: str
    reason: str
    batch: int | None = None
    seq: str | None = None  # numbers, as "0-99"
    file: str | None = None
    yes: bool = False


async def import_supply(site: Site, open_store: OpenSupply, supply: Supply) -> Mapping[str, Any]:
    """Detect and show the shape, ask about what is not certain, import and tell the progress."""
    import asyncio

    path = path_of(supply.file)
    flags = {**supply.shape, "zone": offsets(supply.zone)}
    async with open_store() as (store, vault):
        with ExitStack() as stack:
            report = supply.verdicts
            if supply.report is not None:
                report = stack.enter_context(open_report(Path(supply.report), path))
            facts = await store.pool(supply.pool)
            name = supply.name or ("-" if path is None else path.name)
            options = detecting(facts, Path(name), **flags)
            digest = await asyncio.to_thread(digest_of, path, options)
            code_file = await asyncio.to_thread(open_code_file, path, options, await store.now_s())
            show_shape(site.asker, code_file)
            ask(site.asker, code_file, yes=supply.yes)
            total = code_file.progress()[1] or (path.stat().st_size if path is not None else None)
            job = ImportJob(
                source=name,
                digest=digest,
                dry_run=supply.dry_run,
                strict=supply.strict,
                report=report,
                progress=stack.enter_context(
                    site.asker.progress("importing", total, in_bytes=True)
                ),
            )
            target = Target(store=store, vault=vault, pool=facts)
            outcome = await import_codes(target, code_file, job)
            return _imported(site.asker, outcome, dict(code_file.ignored()))


def _imported(asker: Asker, outcome: ImportOutcome, ignored: Mapping[str, int]) -> dict[str, Any]:
    tally = outcome.tally
    if outcome.resumed_after_line:
        asker.say(f"went on after line {outcome.resumed_after_line}, where an earlier run stopped")
    if outcome.discarded is not None:
        asker.warn(f"discarded what an unfinished import of {outcome.discarded} had staged")
    if tally.elsewhere:
        asker.warn(f"{tally.elsewhere} of these codes are in another pool as well")
    data = {
        "imported": tally.imported,
        "duplicates": tally.duplicates,
        "rejected": tally.rejected,
        "batch": None if outcome.batch_id is None else str(outcome.batch_id),
        "ignored": {clean(name): cells for name, cells in ignored.items()},
    }
    return data | ({"dry_run": True} if outcome.batch_id is None else {})


async def generate(
    asker: Asker, open_store: OpenSupply, pool: str, job: GenerationJob
) -> Mapping[str, Any]:
    """Make codes of our own; warn where somebody could guess one."""
    bits = guess_bits(job)
    if bits < GUESS_BITS_MIN:
        asker.warn(
            f"{job.count} codes of the pattern {job.pattern} can be guessed: {bits:.1f} bits each,"
            f" one in {2**bits:,.0f} guesses; from {GUESS_BITS_MIN} bits on it is safe, so use a"
            " longer one"
        )
    async with open_store() as (store, vault):
        target = Target(store=store, vault=vault, pool=await store.pool(pool))
        batch_id = await generate_codes(target, job)
    return {"generated": job.count, "batch": str(batch_id)}


async def recall(asker: Asker, open_store: OpenRecall, codes: Recall) -> Mapping[str, Any]:
    """Take unsold codes off sale for good; leases over them are revoked first."""
    if sum(choice is not None for choice in (codes.file, codes.batch, codes.seq)) != 1:
        raise wrong("one-of-codes")
    numbers = None if codes.seq is None else _read_numbers(codes.seq)
    path = None if codes.file is None else path_of(codes.file)
    async with open_store() as (store, vault):
        facts = await store.pool(codes.pool)
        if codes.batch is not None:
            tally = await code_void.void_batch(store, facts, codes.batch, codes.reason)
        elif numbers is not None:
            tally = await code_void.void_numbers(store, facts, numbers, codes.reason)
        else:
            code_file = open_code_file(path, detecting(facts, path))
            ask(asker, code_file, yes=codes.yes)
            tally = await code_void.void_file(store, vault, facts, code_file, codes.reason)
    return {"voided": tally.voided, "kept": tally.kept, "unknown": tally.unknown}


def _read_numbers(text: str) -> range:
    first, dash, last = text.partition("-")
    try:
        lowest = read_whole(first)
        highest = read_whole(last) if dash else lowest
    except ValueError:
        lowest = highest = -1
    if not 0 <= lowest <= highest:
        raise wrong("no-range", "seq", value=text)
    return range(lowest, highest + 1)
