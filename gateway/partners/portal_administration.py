"""What the portal asks of keys, statement by statement; each takes the partner first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class HeldKey(TypedDict):
    """A key with its row locked."""

    key_id: str
    allow_ips: Sequence[str]


class KeyNetworks(TypedDict):
    """From where a key may be used from now on."""

    key_id: str
    allow_ips: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRate:
    """A key's rate; None: unlimited."""

    rate: int | None


class SQL(Statements, file="partners/portal_administration"):
    """Asked within the transaction of whoever looks."""

    portal_name: Statement[[int], str]
    portal_keys: Statement[[int], Row]
    portal_hold_key: Statement[[int, str], HeldKey]
    portal_rates: Statement[[int, str | None], KeyRate]
    portal_set_networks: Statement[[int, str, Sequence[str]], KeyNetworks]
