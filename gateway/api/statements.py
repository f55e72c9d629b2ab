"""GET /v1/statements/{date}: a UTC day's entries as a CSV file with its checksum.

The file's address carries a sealed ticket that is good for 15 minutes, so that any download
tool can fetch it; without a ticket the address takes a signed request like every other.
"""

from datetime import date

from aiohttp.web import BaseRequest, Response, StreamResponse

from gateway.api.answers import struct_response
from gateway.api.authentication import admit
from gateway.api.body import invalid
from gateway.api.context import Context
from gateway.api.direct_answer import SERVER_NAME
from gateway.api.paging import NO_PARAMETERS, parse_query
from gateway.api.problems import ProblemError
from gateway.api.request import of
from gateway.api.schemas import Statement, StatementTotals
from gateway.domain.catalog import Scope
from gateway.domain.ledger import Span
from gateway.domain.moment import read_day
from gateway.domain.public_url import authority, public_url


async def read_statement(context: Context, request: BaseRequest, day_text: str) -> Response:
    """GET /v1/statements/{date}."""
    key, _ = await admit(context, request, Scope.ACCOUNT_READ)
    parse_query(request, NO_PARAMETERS)
    day = _parse_day(context, day_text)
    statement = await context.statements.make(key.partner_id, day)
    totals = statement.totals
    return struct_response(
        Statement(
            date=day.isoformat(),
            complete=statement.complete,
            rows=totals.rows,
            sha256=statement.sha256,
            url=f"{_own_url(context, request)}/v1/statements/{day.isoformat()}/csv"
            f"?ticket={context.statements.ticket(statement.span)}",
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


async def read_statement_csv(
    context: Context, request: BaseRequest, day_text: str
) -> StreamResponse:
    """GET /v1/statements/{date}/csv, by ticket or by signature."""
    span = await _admitted_span(context, request, day_text)
    async with context.statements.download(span.partner_id):
        return await _send_csv(context, request, span)


async def _send_csv(context: Context, request: BaseRequest, span: Span) -> StreamResponse:
    response = StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="statement-{span.day.isoformat()}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Server": SERVER_NAME,
        }
    )
    await response.prepare(request)
    if request.method != "HEAD":
        async for chunk in context.statements.csv(span):
            await response.write(chunk)
    return response


async def _admitted_span(context: Context, request: BaseRequest, day_text: str) -> Span:
    """What the asker may have. Raises ProblemError."""
    ticket = parse_query(request, frozenset({"ticket"})).get("ticket")
    if ticket is None:
        key, _ = await admit(context, request, Scope.ACCOUNT_READ)
        day = _parse_day(context, day_text)
        return (await context.statements.make(key.partner_id, day)).span
    span = context.statements.redeem(ticket)
    if span is None or span.day.isoformat() != day_text:
        raise ProblemError(
            "forbidden", "This address has expired or was changed; ask for the statement again."
        )
    return span


def _parse_day(context: Context, text: str) -> date:
    wrong = invalid([("/date", "must be a UTC day up to today, as 2026-01-31")])
    try:
        day = read_day(text)
    except ValueError:
        raise wrong from None
    # The first and last days of the calendar have no neighbours to compare with.
    if day > context.statements.today() or day.year < 2000:
        raise wrong
    return day


def _own_url(context: Context, request: BaseRequest) -> str:
    """Where this client reaches us, without a slash at the end."""
    config = context.config
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
