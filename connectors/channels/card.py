"""A code as houses write it: a password, and a number where it has two parts."""

from dataclasses import dataclass

from connectors.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A code: alone it is `card_pwd`; with a second part the first is `card_no`."""

    card_pwd: Secret
    card_no: Secret | None = None
