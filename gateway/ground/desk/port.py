"""What administration needs from the outside: a transaction, and secrecy."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.ground.desk.action import SHELL
from gateway.ground.desk.administration import SQL, Transaction
from gateway.ground.desk.refusal import DeskRefusedError, refused
from gateway.ground.errors import RefusedError
from gateway.ground.sql.declared import Row

if TYPE_CHECKING:
    from gateway.ground.desk.job import MakeSite

__all__ = ["At", "Row", "Secrecy", "Transaction"]

AMOUNT_MAX: Final = 10**15  # minor units, of one movement; far above any there is
BALANCE_MAX: Final = 10**18  # minor units; a bigint holds nine times as much
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrecy:
    """The vault, as far as administration uses it. `wrap` and `open` take a purpose first."""

    wrap: Callable[[str, bytes], bytes]
    open: Callable[[str, bytes], bytes]
    new_partner_secrets: Callable[[str], tuple[str, str, bytes, bytes]]  # bound to a key id
    new_webhook_secret: Callable[[], str]
    keys: Any = None  # the vault itself, for the feature that looks after its keys


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Where an action of administration works: its transaction, the vault if it asks for it.

    `person` is who looks or does; `make_site` is where a job works that somebody approves;
    `public_url` is where we are reached, as far as the settings here say. `partner`: whose people
    ask; None: the shop's.
    """

    db: Transaction
    vault: Secrecy | None = None
    person: str = SHELL
    make_site: "MakeSite | None" = None
    public_url: str | None = None
    partner: int | None = None

    @property
    def own(self) -> int:
        """The partner that everything here is bound to; only for what is declared for partners."""
        assert self.partner is not None, "nobody of a partner asks"
        return self.partner

    @property
    def secrecy(self) -> Secrecy:
        """The vault; only for actions that say they open it."""
        assert self.vault is not None, "the action does not say opens_vault"
        return self.vault


def check_name(what: str, name: str) -> str:
    """The name, if it may be one."""
    if not _NAME.fullmatch(name):
        raise DeskRefusedError("invalid-argument", what, {"noun": what, "name": name})
    return name


def already_exists(what: str, name: str, *, called: str | None = None) -> RefusedError:
    """The refusal of making one twice. `called`: what it is, where the noun is no word for that."""
    facts = {"noun": what, "called": called or what, "name": name}
    return DeskRefusedError("already-exists", called or what, facts)


def not_found(what: str, name: str, *, called: str | None = None) -> RefusedError:
    """The refusal of naming one that is not there."""
    facts = {"noun": what, "called": called or what, "name": name}
    return DeskRefusedError("not-found", called or what, facts)


def no_row(what: str, field: str, value: str) -> RefusedError:
    """The refusal of naming a row of a list that has none of that name."""
    return refused("not-found", "no-row", field, what=what, value=value)


async def partner_id(db: Transaction, name: str) -> int:
    """The id behind a partner's name."""
    found = await SQL.partner_by_name.one(db, name)
    if found is None:
        raise not_found("partner", name)
    return found


async def by_index(db: Transaction) -> None:
    """The lists of this transaction come in the order of an index, whatever statistics say."""
    await SQL.by_index.run(db)


@asynccontextmanager
async def by_bitmap(db: Transaction) -> AsyncIterator[None]:
    """What is asked here may be found by an index of many words, which `by_index` forbids."""
    await SQL.by_bitmap.run(db, "on")
    yield
    await SQL.by_bitmap.run(db, "off")
