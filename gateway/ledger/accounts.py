"""A partner's money, for whoever shows it."""

from typing import Protocol

from gateway.ledger.rules import AccountFacts


class Accounts(Protocol):
    """Reads over the connections for partners; see store.AccountStore."""

    async def account(self, partner_id: int) -> AccountFacts:
        """The account; every partner has one. Raises StoreUnavailableError."""
