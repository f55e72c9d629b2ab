"""What administration needs from the outside: statements in a transaction, and secrecy."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gateway.domain.errors import RefusedError

Row = Mapping[str, Any]

AMOUNT_MAX: Final = 10**15  # minor units, of one movement; far above any there is
BALANCE_MAX: Final = 10**18  # minor units; a bigint holds nine times as much
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Statements(Protocol):
    """Runs the named statements of administration within one open transaction."""

    async def one(self, name: str, *values: Any) -> Row | None:
        """The first row, or None."""

    async def all(self, name: str, *values: Any) -> Sequence[Row]:
        """Every row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrecy:
    """The vault, as far as administration uses it. `wrap` and `open` take a purpose first."""

    wrap: Callable[[str, bytes], bytes]
    open: Callable[[str, bytes], bytes]
    new_partner_secrets: Callable[[str], tuple[str, str, bytes, bytes]]  # bound to a key id
    new_webhook_secret: Callable[[], str]


def invalid(message: str) -> RefusedError:
    """A refusal that needed no look at the data: wrong usage."""
    return RefusedError("invalid-argument", message)


def check_name(what: str, name: str) -> str:
    """The name, if it may be one."""
    if not _NAME.fullmatch(name):
        raise invalid(f"{name!r} is no {what} name: 1 to 64 of A-Z a-z 0-9 . _ -")
    return name


def already_exists(what: str, name: str) -> RefusedError:
    """The refusal of making one twice."""
    return RefusedError(
        "already-exists",
        f"there is a {what} {name} already; `quangate {what} show {name}` shows it",
    )


def not_found(what: str, name: str) -> RefusedError:
    """The refusal of naming one that is not there."""
    return RefusedError(
        "not-found", f"there is no {what} {name!r}; `quangate {what} list` shows those there are"
    )


async def partner_id(db: Statements, name: str) -> int:
    """The id behind a partner's name."""
    row = await db.one("partner_by_name", name)
    if row is None:
        raise not_found("partner", name)
    found: int = row["id"]
    return found
