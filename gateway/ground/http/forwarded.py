"""Who the client is when proxies of ours stand between (RFC 7239, and X-Forwarded-For).

Pure: header values in, address out. Only a trusted peer is asked; what anybody else sends in
these headers does not count. Each proxy appends the address that was connected to it, so the
list is read from the right: past proxies of ours, to the first address that is none. What
stands left of that is the client's own word.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from gateway.ground.http.address import Address, Network, is_within, read_address

_WITH_PORT: Final = re.compile(r"\[([^\[\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}").fullmatch
# One element of Forwarded: pairs with a token or a quoted text, separated by semicolons.
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TEXT: Final = r'"(?:[^"\\]|\\.)*"'
_PAIR: Final = re.compile(rf"[ \t]*({_WORD})=({_WORD}|{_TEXT})[ \t]*(;|,|\Z)").match


def client_of(
    peer: Address | None,
    trusted: Sequence[Network],
    forwarded_for: Sequence[str],
    forwarded: Sequence[str],
) -> Address | None:
    """The client behind `peer`; None: it cannot be told, and no list lets it in.

    `forwarded_for` and `forwarded` are the values of X-Forwarded-For and Forwarded, one for
    each line. Where there are both they must say the same.
    """
    if peer is None or not is_within(peer, trusted):
        return peer
    said = [
        _first_stranger(entries, trusted)
        for lines, entries in (
            (forwarded_for, _entries(forwarded_for)),
            (forwarded, _forwarded_entries(forwarded)),
        )
        if lines
    ]
    if not said:
        return peer  # it asks for itself: a proxy's own health check
    return said[0] if all(each == said[0] for each in said) else None


def says_https(
    peer: Address | None, trusted: Sequence[Network], forwarded_proto: Sequence[str]
) -> bool:
    """Whether a trusted peer says that its client spoke TLS (X-Forwarded-Proto)."""
    if peer is None or not forwarded_proto or not is_within(peer, trusted):
        return False
    return forwarded_proto[-1].rpartition(",")[2].strip(" \t").lower() == "https"


def _first_stranger(entries: Iterable[str | None], trusted: Sequence[Network]) -> Address | None:
    """From the right, the first address that is no proxy of ours; else the one at the left."""
    last = None
    for entry in entries:
        last = None if entry is None else _read_entry(entry)
        if last is None or not is_within(last, trusted):
            break
    return last


def _read_entry(text: str) -> Address | None:
    """An address, perhaps with the port that some proxies append; None: something else."""
    address = read_address(text)
    if address is None and (found := _WITH_PORT(text)):
        bracketed, plain = found.groups()
        address = read_address(bracketed if bracketed is not None else plain)
    return address


def _entries(lines: Sequence[str]) -> Sequence[str]:
    """The entries of X-Forwarded-For, the last first."""
    return [part.strip(" \t") for part in ",".join(lines).split(",")][::-1]


def _forwarded_entries(lines: Sequence[str]) -> Sequence[str | None]:
    """What each element of Forwarded says of `for`, the last first; None: no address, or nothing.

    A text that does not follow the grammar has no element that could be believed.
    """
    text = ",".join(lines)
    entries: list[str | None] = []
    found: list[str] = []  # the `for` pairs of the element under way
    position = 0
    while True:
        pair = _PAIR(text, position)
        if pair is None:
            return [None]
        name, value, end = pair.groups()
        if name.lower() == "for":
            found.append(_unquoted(value))
        position = pair.end()
        if end != ";":
            entries.append(found[0] if len(found) == 1 else None)
            found = []
        if not end:
            return entries[::-1]


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
