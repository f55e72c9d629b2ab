"""Codes: into pools, and what became of them."""

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from msgspec import Meta, structs

from gateway.codes.administration import SQL
from gateway.codes.upload_rows import PIECE_BYTES, UPLOAD_BYTES_MAX
from gateway.ground.desk.action import Action, Change, Noun, Reason
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Job, Site
from gateway.ground.desk.opening import Desk, open_vault
from gateway.ground.desk.port import At, not_found
from gateway.ground.desk.upload import Taking, Upload
from gateway.ground.desk.view import Page, View

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.codes.administer import OpenRecall, OpenSupply
    from gateway.codes.import_store import StagingRows
    from gateway.codes.void_store import VoidRows
    from gateway.ground.desk.transaction import Note
    from gateway.ground.native import Vault

CODES: Final = Noun(name="codes", plural="codes", zh="卡密", en="Codes")
VOIDED: Final = "voided"
BATCH_FORM: Final = "a batch's number, as `codes batches` has it"
Pool: TypeAlias = Annotated[str, Meta(description="A pool's name.", extra={"metavar": "NAME"})]
BatchId: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{1,18}\Z")]


class Import(Given, frozen=True, kw_only=True):
    """A supplier's file; what is not said about its shape is detected."""

    file: Annotated[
        str,
        Meta(
            description="CSV, TXT or XLSX; - for stdin.",
            extra={"argument": True, "metavar": "FILE", "upload": True},
        ),
    ]
    pool: Pool
    dry_run: Annotated[bool, Meta(description="Tell, but write nothing.")] = False
    yes: Annotated[
        bool, Meta(description="What is not certain about the file is right as shown.")
    ] = False
    strict: Annotated[bool, Meta(description="One line that cannot be imported stops all.")] = False
    report: Annotated[
        str | None,
        Meta(
            description="CSV line,verdict,reason; without codes.",
            extra={"metavar": "PATH", "typed_only": True},
        ),
    ] = None
    encoding: Annotated[
        str | None, Meta(description="utf-8, utf-16le, utf-16be, gb18030, big5.")
    ] = None
    separator: Annotated[
        str | None,
        Meta(
            description="none, comma, tab, semicolon, ----, |, ║, full-width, blanks, labels,"
            " mixed."
        ),
    ] = None
    columns: Annotated[
        str | None,
        Meta(
            description="In order: code, pin, url, expires_at, extra (more secrets), status,"
            " - for others."
        ),
    ] = None
    header: Annotated[bool | None, Meta(description="Whether line one is a header.")] = None
    quotes: Annotated[bool | None, Meta(description="Whether quotes enclose fields.")] = None
    sheet: Annotated[str | None, Meta(description="Of a workbook.")] = None
    zone: Annotated[
        str | None,
        Meta(description="Of times without one: Asia/Shanghai, +08:00. [QUANGATE_ZONE]"),
    ] = None


class Generation(Given, frozen=True, kw_only=True):
    """Codes of our own."""

    count: Annotated[
        int, Meta(ge=1, le=10_000_000, description="How many.", extra={"argument": True})
    ]
    pool: Pool
    pattern: Annotated[str, Meta(description="A letter, 9 digit, # either, the rest as it stands.")]
    check: Annotated[bool, Meta(description="Append a check character (Luhn mod N).")] = False


class OnePool(Given, frozen=True, kw_only=True):
    """A pool there is."""

    pool: Pool


class Void(Given, frozen=True, kw_only=True):
    """Unsold codes: of a file, a batch, or by their numbers."""

    file: Annotated[
        str | None,
        Meta(
            description="A file of the codes; - for stdin.",
            extra={"argument": True, "metavar": "[FILE]", "upload": True},
        ),
    ] = None
    pool: Pool
    batch: Annotated[
        BatchId | None, Meta(description="A whole batch.", extra={"form": BATCH_FORM})
    ] = None
    seq: Annotated[
        str | None,
        Meta(description="Numbers of the pool, both ends too.", extra={"metavar": "A-B"}),
    ] = None
    reason: Annotated[str, Meta(description="For the record.")] = VOIDED
    yes: Annotated[bool, Meta(description="What is not certain about FILE is right as shown.")] = (
        False
    )


SHAPE: Final = ("encoding", "separator", "columns", "header", "quotes", "sheet")


async def _import(site: Site, given: Import, _: Change) -> Mapping[str, Any]:
    return await import_given(site, given)


async def import_given(site: Site, given: Import, **of_upload: Any) -> Mapping[str, Any]:
    """Import a file; `of_upload` are members of a Supply that replace what was given."""
    from gateway.codes import administer as codes

    said = structs.asdict(given)
    shape = {name: said.pop(name) for name in SHAPE}
    said["zone"] = given.zone or site.config.zone  # typed or set, it decides when codes expire

    async def note(statements: Any, after: Mapping[str, Any]) -> None:
        await site.note(statements, {**after, "zone": said["zone"]})

    supply = codes.Supply(shape=shape, **{**said, **of_upload})
    return await codes.import_supply(site, _supply(site, note), supply)


async def _take_in(at: At, given: Import, change: Change, upload: Upload) -> Mapping[str, Any]:
    from gateway.codes.take_upload import take_upload

    return await take_upload(at.db, given.pool, structs.asdict(given), upload, change)


async def _generate(site: Site, given: Generation, _: Change) -> Mapping[str, Any]:
    from gateway.codes import administer as codes
    from gateway.codes.generate import GenerationJob

    job = GenerationJob(pattern=given.pattern, count=given.count, check=given.check)
    return await codes.generate(site.asker, _supply(site, site.note), given.pool, job)


async def _void(site: Site, given: Void, change: Change) -> Mapping[str, Any]:
    from gateway.codes import administer as codes

    said = structs.asdict(given) | {"reason": change.reason or VOIDED}
    said["batch"] = None if given.batch is None else int(given.batch)
    return await codes.recall(site.asker, _recall(site), codes.Recall(**said))


def _supply(site: Site, note: "Note") -> "OpenSupply":
    @asynccontextmanager
    async def opened() -> "AsyncIterator[tuple[StagingRows, Vault]]":
        from gateway.codes.import_store import staging

        async with site.open() as desk:
            vault = await _vault(desk)
            async with staging(desk.database, note) as store:
                yield store, vault

    return opened


def _recall(site: Site) -> "OpenRecall":
    @asynccontextmanager
    async def opened() -> "AsyncIterator[tuple[VoidRows, Vault]]":
        from gateway.codes.void_store import voiding

        async with site.open() as desk:
            vault = await _vault(desk)
            async with voiding(desk.database, site.note) as store:
                yield store, vault

    return opened


async def _vault(desk: Desk) -> "Vault":
    async with desk.transaction(read_only=True) as statements:
        return await open_vault(desk.config, statements)


async def _stats(at: At, given: OnePool) -> Mapping[str, Any]:
    row = await SQL.code_stats.one(at.db, given.pool)
    if row is None:
        raise not_found("pool", given.pool)
    return row


def _pool(given: Any, _: Mapping[str, Any]) -> str:
    pool: str = given.pool
    return pool


DECLARED: Final[Sequence[Action | View | Page]] = (
    Job(
        noun=CODES,
        verb="import",
        doc="Import a supplier's file. What it looks like is detected and shown; flags overrule it."
        "\n\nWhat is not certain is asked about; without a terminal it is `unclear-file`, exit 1,"
        " or --yes.\n\nA killed import leaves nothing on sale; the same command goes on where it"
        " stopped.",
        given=Import,
        example="quangate codes import codes.csv --pool vip-month --dry-run",
        permission="codes:import",
        run=_import,
        undo="`quangate codes void --pool NAME --batch N` takes what is unsold of it off sale.",
        subject=_pool,
        kept=("import",),
        opens_vault=True,
        taking=Taking(
            follows="import", purpose="import", bytes_max=UPLOAD_BYTES_MAX, piece_bytes=PIECE_BYTES
        ),
        take_in=_take_in,
    ),
    Job(
        noun=CODES,
        verb="generate",
        doc="Make codes of our own, from the system's randomness; none is in the pool already.",
        given=Generation,
        example="quangate codes generate 1000 --pool vip --pattern AAAA-9999-####",
        permission="codes:generate",
        run=_generate,
        undo="`quangate codes void --pool NAME --batch N` takes what is unsold of them off sale.",
        subject=_pool,
        opens_vault=True,
    ),
    Page(
        noun=CODES,
        verb="stats",
        doc="Where each code of a pool is; the numbers add up to `imported`.",
        given=OnePool,
        example="quangate codes stats --pool vip-month --json",
        permission="codes:read",
        read=_stats,
    ),
    Job(
        noun=CODES,
        verb="void",
        doc="Take unsold codes off sale for good. Leases over them are revoked first.",
        given=Void,
        example="quangate codes void --pool vip-month --batch 7 --reason recalled",
        permission="codes:void",
        run=_void,
        undo="Not at all: a void code is sold to nobody.",
        subject=_pool,
        reason=Reason.MEMBER,
        opens_vault=True,
    ),
)
