"""Money in a worker: what partners may see of it."""

from typing import Final

from gateway.ground.wiring import Kit, Wiring
from gateway.ledger import http, http_statements
from gateway.ledger.accounts import Accounts
from gateway.ledger.statements import Statements
from gateway.ledger.store import AccountStore
from gateway.partners.authentication import Gate


def money(kit: Kit) -> Accounts:
    """For the faces of others."""
    return AccountStore(kit.on.pools.reads)


def accounts(kit: Kit) -> http.Accounts:
    """Balances and entries."""
    pools = kit.on.pools
    return http.Accounts(
        kit[Gate], reads=AccountStore(pools.reads), lists=AccountStore(pools.lists)
    )


def days(kit: Kit) -> Statements:
    """A day's movements, for partners' programs and people."""
    on = kit.on
    return Statements(
        ledger=AccountStore(on.pools.lists),
        seal=on.vault.wrap_secret,
        unseal=on.vault.open_secret,
    )


def statements(kit: Kit) -> http_statements.DayStatements:
    """The same over HTTP."""
    return http_statements.DayStatements(kit[Gate], kit[Statements], kit.on.config)


WIRING: Final = Wiring(
    makes=(money, days),
    faces=((accounts, http.ROUTES), (statements, http_statements.ROUTES)),
)
