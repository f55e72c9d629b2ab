"""GET /v1/statements/{date}: a UTC day's entries as a CSV file with its checksum.

The file's address carries a sealed ticket that is good for 15 minutes, so that any download
tool can fetch it; without a ticket the address takes a signed request like every other.
"""

from datetime import date
from typing import Annotated, Final

from aiohttp.web import BaseRequest, Response, StreamResponse
from msgspec import Meta, Struct

from gateway.catalog.rules import Scope
from gateway.ground.config import Config
from gateway.ground.http.answers import struct_response
from gateway.ground.http.body import invalid
from gateway.ground.http.direct_answer import SERVER_NAME
from gateway.ground.http.operation import MONEY, Answer, Operation, Parameter, Route
from gateway.ground.http.paging import NO_PARAMETERS, parse_query
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.public_url import authority, public_url
from gateway.ground.http.request import of
from gateway.ground.moment import read_day
from gateway.ground.traffic.admission import Class
from gateway.ledger.rules import Span
from gateway.ledger.statements import Statements
from gateway.partners.authentication import Gate


class StatementTotals(Struct, kw_only=True):
    """Sums over the day in minor units; charges are negative."""

    currency: str
    opening_balance: int
    deposit: int
    charge: int
    refund: int
    adjustment: int
    closing_balance: int


class Statement(Struct, kw_only=True):
    """The entries of one UTC day as a CSV file; until `complete` the day may still grow."""

    date: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    complete: bool
    rows: Annotated[int, Meta(description="Rows of the CSV without its header line.")]
    sha256: Annotated[str, Meta(description="Lower-case hex, of the CSV behind `url`.")]
    url: Annotated[
        str, Meta(description="Where the CSV is for 15 minutes; it needs no signature: keep it.")
    ]
    totals: StatementTotals


DATE: Final = Parameter(
    "date",
    "A UTC day up to today, as 2026-01-31.",
    {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
)
READ_STATEMENT: Final = Operation(
    name="readStatement",
    tag=MONEY,
    summary="Read a day's statement",
    description=(
        "The entries of one UTC day as a CSV file. Today's is allowed and says "
        "`complete: false`; its file stays what it was when it was asked for."
    ),
    scope=Scope.ACCOUNT_READ,
    parameters=(DATE,),
    answers={200: Answer("The statement.", Statement)},
    problems=("invalid-request",),
)
READ_STATEMENT_CSV: Final = Operation(
    name="readStatementCsv",
    tag=MONEY,
    summary="Fetch a statement's file",
    description=(
        "With the `ticket` of a statement's `url` for 15 minutes and without a signature, or "
        "signed like every other request (scope `account:read`)."
    ),
    signed=False,
    parameters=(DATE,),
    query=(Parameter("ticket", "As the statement's `url` has it."),),
    answers={
        200: Answer(
            "A header line and one line per entry. Text that a spreadsheet would take for a "
            "formula begins with an apostrophe.",
            media_type="text/csv",
        )
    },
    problems=(
        "invalid-request",
        "unauthenticated",
        "stale-timestamp",
        "forbidden",
        "rate-limited",
        "overloaded",
    ),
)


class DayStatements:
    """A day's statement and its file."""

    def __init__(self, gate: Gate, statements: Statements, config: Config) -> None:
        self._gate = gate
        self._statements = statements
        self._config = config

    async def read(self, request: BaseRequest, day_text: str) -> Response:
        """GET /v1/statements/{date}."""
        key, _ = await self._gate.admit(request, Scope.ACCOUNT_READ, kind=Class.EXPORT)
        parse_query(request, NO_PARAMETERS)
        day = self._parse_day(day_text)
        statement = await self._statements.make(key.partner_id, day)
        totals = statement.totals
        return struct_response(
            Statement(
                date=day.isoformat(),
                complete=statement.complete,
                rows=totals.rows,
                sha256=statement.sha256,
                url=f"{_own_url(self._config, request)}/v1/statements/{day.isoformat()}/csv"
                f"?ticket={self._statements.ticket(statement.span)}",
                totals=StatementTotals(
                    currency=statement.currency,
                    opening_balance=statement.opening_balance,
                    deposit=totals.deposit,
                    charge=totals.charge,
                    refund=totals.refund,
                    adjustment=totals.adjustment,
                    closing_balance=statement.closing_balance,
                ),
            )
        )

    async def read_csv(self, request: BaseRequest, day_text: str) -> StreamResponse:
        """GET /v1/statements/{date}/csv, by ticket or by signature."""
        span = await self._admitted_span(request, day_text)
        async with self._statements.download(span.partner_id):
            return await self._send_csv(request, span)

    async def _send_csv(self, request: BaseRequest, span: Span) -> StreamResponse:
        day = span.day.isoformat()
        response = StreamResponse(
            headers={
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": f'attachment; filename="statement-{day}.csv"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                "Server": SERVER_NAME,
            }
        )
        await response.prepare(request)
        if request.method != "HEAD":
            async for chunk in self._statements.csv(span):
                await response.write(chunk)
        return response

    async def _admitted_span(self, request: BaseRequest, day_text: str) -> Span:
        """What the asker may have. Raises ProblemError."""
        ticket = parse_query(request, frozenset({"ticket"})).get("ticket")
        if ticket is None:
            key, _ = await self._gate.admit(request, Scope.ACCOUNT_READ, kind=Class.EXPORT)
            day = self._parse_day(day_text)
            return (await self._statements.make(key.partner_id, day)).span
        span = self._statements.redeem(ticket)
        if span is None or span.day.isoformat() != day_text:
            raise ProblemError(
                "forbidden", "This address has expired or was changed; ask for the statement again."
            )
        self._gate.door.enter(of(request), Class.EXPORT, span.partner_id, tells=False)
        return span

    def _parse_day(self, text: str) -> date:
        wrong = invalid([("/date", "must be a UTC day up to today, as 2026-01-31")])
        try:
            day = read_day(text)
        except ValueError:
            raise wrong from None
        # The first and last days of the calendar have no neighbours to compare with.
        if day > self._statements.today() or day.year < 2000:
            raise wrong
        return day


def _own_url(config: Config, request: BaseRequest) -> str:
    """Where this client reaches us, without a slash at the end."""
    scheme = "https" if of(request).is_https else "http"
    told = public_url(config.public_url, config.host, config.port, scheme=scheme)
    if told is not None:
        return told
    # We listen on every address and nobody said which one is ours: the one that was found.
    transport = request.transport
    name = None if transport is None else transport.get_extra_info("sockname")
    if not isinstance(name, tuple):
        raise ProblemError("not-found", "The connection ended.")
    return f"{scheme}://{authority(name[0], config.port)}"


ROUTES: Final = (
    Route("GET", "/v1/statements/{date}", DayStatements.read, READ_STATEMENT),
    Route("GET", "/v1/statements/{date}/csv", DayStatements.read_csv, READ_STATEMENT_CSV),
)
