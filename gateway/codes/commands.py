"""`quangate codes`: codes into pools, and what became of them."""

from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from gateway.codes.file_command import (
    ask,
    detecting,
    existing,
    import_file,
    offsets,
    open_code_file,
    open_report,
)
from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer, warn
from gateway.ground.command.whence import noting
from gateway.ground.desk.opening import Desk, open_desk, open_vault
from gateway.ground.errors import RefusedError
from gateway.ground.number import read_whole

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.codes.import_store import StagingRows
    from gateway.ground.desk.statements import Note
    from gateway.ground.native import Vault

app = room("Codes: import, generate, stats, batches, void.")

Pool: TypeAlias = Annotated[str, typer.Option("--pool", metavar="NAME", help="A pool's name.")]


@command(app, "import", example="quangate codes import codes.csv --pool vip-month --dry-run")
async def import_(
    call: Call,
    *,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV, TXT or XLSX; - for stdin.")],
    pool: Pool,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell, but write nothing.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="What is not certain about the file is right as shown.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="One line that cannot be imported stops all.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="CSV line,verdict,reason; without codes.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="utf-8, utf-16le, utf-16be, gb18030, big5.")
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(
            "--separator",
            help="none, comma, tab, semicolon, ----, |, ║, full-width, blanks, labels, mixed",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help="In order: code, pin, url, expires_at, extra (more secrets), status, - for others",
        ),
    ] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether line one is a header.")
    ] = None,
    quotes: Annotated[
        bool | None, typer.Option("--quotes/--no-quotes", help="Whether quotes enclose fields.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Of a workbook.")] = None,
    zone: Annotated[
        str | None,
        typer.Option("--zone", help="Of times without one: Asia/Shanghai, +08:00. [QUANGATE_ZONE]"),
    ] = None,
) -> Answer:
    """Import a supplier's file. What it looks like is detected and shown; flags overrule it.

    What is not certain is asked about; without a terminal it is `unclear-file`, exit 1, or --yes.

    A killed import leaves nothing on sale; the same command goes on where it stopped.
    """
    path = None if file == "-" else existing(Path(file))
    flags = {
        "encoding": encoding, "separator": separator, "columns": columns, "header": header,
        "quotes": quotes, "sheet": sheet, "zone": offsets(zone or call.quiet_config().zone),
    }  # fmt: skip
    given = {"pool": pool, "file": file, **flags, "zone": zone}
    note = noting("codes.import", pool, given)
    async with _open_staging(call, note) as (rows, vault):
        with ExitStack() as stack:
            return await import_file(
                rows, vault, pool=pool, path=path, flags=flags, yes=yes, dry_run=dry_run,
                strict=strict, stack=stack,
                report=None if report is None else stack.enter_context(open_report(report, path)),
            )  # fmt: skip


@command(
    app, "generate", example="quangate codes generate 1000 --pool vip --pattern AAAA-9999-####"
)
async def generate(
    call: Call,
    *,
    count: Annotated[int, typer.Argument(metavar="COUNT", min=1, max=10_000_000, help="How many.")],
    pool: Pool,
    pattern: Annotated[
        str,
        typer.Option("--pattern", help="A letter, 9 digit, # either, the rest as it stands."),
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Append a check character (Luhn mod N).")
    ] = False,
) -> Answer:
    """Make codes of our own, from the system's randomness; none is in the pool already."""
    from gateway.codes.generate import (
        GUESS_BITS_MIN,
        GenerationJob,
        generate_codes,
        guess_bits,
    )
    from gateway.codes.staging import Target

    job = GenerationJob(pattern=pattern, count=count, check=check)
    bits = guess_bits(job)
    if bits < GUESS_BITS_MIN:
        warn(
            f"{count} codes of the pattern {pattern} can be guessed: {bits:.1f} bits each, one in "
            f"{2**bits:,.0f} guesses; from {GUESS_BITS_MIN} bits on it is safe, so use a longer one"
        )
    given = {"count": count, "pool": pool, "pattern": pattern, "check": check}
    async with _open_staging(call, noting("codes.generate", pool, given)) as (rows, vault):
        target = Target(store=rows, vault=vault, pool=await rows.pool(pool))
        batch_id = await generate_codes(target, job)
    return Answer(data={"generated": count, "batch": str(batch_id)})


@command(app, "stats", example="quangate codes stats --pool vip-month --json")
async def stats(call: Call, *, pool: Pool) -> Answer:
    """Where each code of a pool is; the numbers add up to `imported`."""
    from gateway.codes.import_store import staging

    async with open_desk(call) as desk, staging(desk.database) as rows:
        return Answer(data=await rows.stats(pool))


@command(app, "batches", example="quangate codes batches --pool vip-month")
async def batches(
    call: Call,
    *,
    pool: Pool,
    batch: Annotated[int | None, typer.Option("--batch", help="Only this one.")] = None,
    limit: Annotated[
        int,
        typer.Option("--limit", min=1, max=1000, help="At most this many, the newest first."),
    ] = 50,
) -> Answer:
    """What was imported, generated and bought into a pool, newest first."""
    from gateway.codes.import_store import staging

    async with open_desk(call) as desk, staging(desk.database) as rows:
        found = await rows.batches(pool, batch, limit)
    if batch is not None and not found:
        raise RefusedError("not-found", f"pool {pool} has no batch {batch}")
    return Answer(data={"batches": found})


@command(app, "void", example="quangate codes void --pool vip-month --batch 7 --reason recalled")
async def void(
    call: Call,
    *,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A file of the codes; - for stdin.")
    ] = None,
    pool: Pool,
    batch: Annotated[int | None, typer.Option("--batch", help="A whole batch.")] = None,
    seq: Annotated[
        str | None, typer.Option("--seq", metavar="A-B", help="Numbers of the pool, both ends too.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="For the record.")] = "voided",
    yes: Annotated[
        bool, typer.Option("--yes", help="What is not certain about FILE is right as shown.")
    ] = False,
) -> Answer:
    """Take unsold codes off sale for good. Leases over them are revoked first."""
    from gateway.codes import void as code_void
    from gateway.codes.import_store import staging
    from gateway.codes.void_store import voiding

    if sum(choice is not None for choice in (file, batch, seq)) != 1:
        raise RefusedError("invalid-argument", "name one of FILE, --batch and --seq")
    numbers = None if seq is None else _read_numbers(seq)
    path = None if file in {None, "-"} else existing(Path(str(file)))
    async with open_desk(call) as desk:
        vault = await _vault(desk)
        async with staging(desk.database) as rows:
            facts = await rows.pool(pool)
        given = {"pool": pool, "batch": batch, "seq": seq, "file": file}
        async with voiding(desk.database, noting("codes.void", pool, given, reason)) as codes:
            if batch is not None:
                tally = await code_void.void_batch(codes, facts, batch, reason)
            elif numbers is not None:
                tally = await code_void.void_numbers(codes, facts, numbers, reason)
            else:
                code_file = open_code_file(path, detecting(facts, path))
                ask(code_file, yes=yes)
                tally = await code_void.void_file(codes, vault, facts, code_file, reason)
    return Answer(data={"voided": tally.voided, "kept": tally.kept, "unknown": tally.unknown})


def _read_numbers(text: str) -> range:
    first, dash, last = text.partition("-")
    try:
        lowest = read_whole(first)
        highest = read_whole(last) if dash else lowest
    except ValueError:
        lowest = highest = -1
    if not 0 <= lowest <= highest:
        raise RefusedError("invalid-argument", f"{text!r} is no range such as 0-99")
    return range(lowest, highest + 1)


@asynccontextmanager
async def _open_staging(call: Call, note: "Note") -> "AsyncIterator[tuple[StagingRows, Vault]]":
    from gateway.codes.import_store import staging

    async with open_desk(call) as desk:
        vault = await _vault(desk)
        async with staging(desk.database, note) as rows:
            yield rows, vault


async def _vault(desk: Desk) -> "Vault":
    async with desk.transaction(read_only=True) as statements:
        return await open_vault(desk.config, statements)
