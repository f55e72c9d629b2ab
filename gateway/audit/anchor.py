"""Anchors: what the books said at a moment, kept outside the database, line by line.

A line is JSON with the heads of the reveal chains and the accounts that changed since the line
before, the digest of that line, and an authenticator. Whoever rewrites rows and heads together
in the database contradicts what was written down. Here: the line, what changed, and what a
reader finds wrong with lines; no file and no database.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from gateway.audit.rules import Finding

NONE_BEFORE: Final = ""  # what the first line of all follows
_MAC_HEX: Final = 64
_MAC_NAME: Final = b',"mac":"'
_TAIL: Final = len(_MAC_NAME) + _MAC_HEX + 2
# Entries that one line may have digested: what an account took beyond is vouched for by its
# balance alone. A sale of 8,000 orders a second for ten minutes fits.
ENTRIES_MAX: Final = 5_000_000
SAMPLES_MAX: Final = 10

Mac = Callable[[bytes], bytes]


class Head(NamedTuple):
    """The end of a reveal chain; the hash in hexadecimal."""

    chain: int
    height: int
    hash: str


class Account(NamedTuple):
    """An account's last entry and balance (minor units).

    `digest` (hexadecimal) is of the entries after `since` up to the last one; empty: not taken.
    """

    partner_id: int
    last_entry: int
    balance: int
    since: int
    digest: str


class Anchor(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One line. `at` by the database's clock; `database` and `key` say whose it is."""

    v: int
    no: int
    before: str  # SHA-256 of the line before, in hexadecimal
    at: datetime
    database: str
    key: str
    whole: bool  # all heads and accounts, not only what changed
    heads: list[Head]
    accounts: list[Account]


class Moment(NamedTuple):
    """What the database says now."""

    at: datetime
    database: str
    heads: Sequence[Head]
    accounts: Sequence[Account]  # `since` and `digest` not yet filled in


class Known:
    """What the lines so far say, newest first where they say it again."""

    def __init__(self) -> None:
        self.heads: dict[int, Head] = {}
        self.accounts: dict[int, Account] = {}
        self.database = ""

    def take(self, anchor: Anchor) -> None:
        """Learn a line; what was said of another database does not count any more."""
        if anchor.whole or anchor.database != self.database:
            self.heads.clear()
            self.accounts.clear()
        self.database = anchor.database
        self.heads.update((head.chain, head) for head in anchor.heads)
        self.accounts.update((account.partner_id, account) for account in anchor.accounts)


class Changes(NamedTuple):
    """What the next line says."""

    whole: bool
    heads: list[Head]
    accounts: list[Account]
    gone_back: list[str]  # sentences on what no honest change makes: it stands in an earlier line


def changes(known: Known, moment: Moment, *, whole: bool) -> Changes | None:
    """What is to be written; None: nothing changed since the last line."""
    first = known.database != moment.database
    old_heads: Mapping[int, Head] = {} if first else known.heads
    old_accounts: Mapping[int, Account] = {} if first else known.accounts
    heads = [head for head in moment.heads if old_heads.get(head.chain) != head]
    accounts = []
    gone_back = [
        f"chain {head.chain} says height {head.height}, and said {old.height}"
        for head in heads
        if (old := old_heads.get(head.chain)) is not None and head.height <= old.height
    ]
    for now in moment.accounts:
        old_account = old_accounts.get(now.partner_id)
        if old_account is None:
            accounts.append(now)
        elif (now.last_entry, now.balance) != (old_account.last_entry, old_account.balance):
            accounts.append(now._replace(since=min(old_account.last_entry, now.last_entry)))
            if now.last_entry <= old_account.last_entry:
                gone_back.append(
                    f"partner {now.partner_id} has balance {now.balance} at entry"
                    f" {now.last_entry}, and had {old_account.balance} at {old_account.last_entry}"
                )
    if not (heads or accounts or first):
        return None
    if whole or first:
        changed = {account.partner_id: account for account in accounts}
        accounts = [
            changed.get(a.partner_id, a._replace(since=a.last_entry)) for a in moment.accounts
        ]
        heads = list(moment.heads)
    return Changes(whole or first, heads, accounts, gone_back)


def to_digest(accounts: Sequence[Account]) -> Iterator[Account]:
    """Those whose new entries are digested: as many as one line may have."""
    left = ENTRIES_MAX
    for account in accounts:
        entries = account.last_entry - account.since
        if 0 < entries <= left:
            left -= entries
            yield account


def encode(anchor: Anchor, mac: Mac) -> bytes:
    """The line, without its newline."""
    body = msgspec.json.encode(anchor)
    return body[:-1] + _MAC_NAME + mac(body).hex().encode() + b'"}'


class BadLineError(ValueError):
    """A line that proves nothing; the message says why, to follow `line n`."""


def decode(line: bytes, key: str, mac: Mac) -> Anchor:
    """What an authentic line says. Raises BadLineError."""
    body, tail = line[:-_TAIL] + b"}", line[-_TAIL:]
    try:
        anchor = msgspec.json.decode(body, type=Anchor)
    except ValueError:  # msgspec's errors among them
        raise BadLineError("is no line of ours, or was changed") from None
    if anchor.key != key:
        raise BadLineError("was written under another key file, or was changed")
    if not hmac.compare_digest(tail, _MAC_NAME + mac(body).hex().encode() + b'"}'):
        raise BadLineError("was changed: it is not authentic")
    return anchor


def digest_of(line: bytes) -> str:
    """What the next line says of this one."""
    return sha256(line).hexdigest()


@dataclass(slots=True)
class Reading:
    """What a reader of lines, oldest first, has found. `problems` are sentences."""

    key: str
    mac: Mac
    database: str
    problems: list[str] = field(default_factory=list)
    heads: dict[Head, str] = field(default_factory=dict)  # where each was written down
    accounts: dict[Account, str] = field(default_factory=dict)
    lines: int = 0
    others: dict[str, int] = field(default_factory=dict)  # authentic lines of other databases
    first_at: datetime | None = None
    last_at: datetime | None = None
    _no: int = 0
    _before: str = NONE_BEFORE
    _doubt: bool = False  # the line before proves nothing, and this was said

    def take(self, place: str, line: bytes) -> None:
        """Look at the next line; `place` names its file and number."""
        self.lines += 1
        try:
            anchor = decode(line, self.key, self.mac)
        except BadLineError as error:
            self.problems.append(f"{place} {error}")
            self._no, self._before, self._doubt = self._no + 1, digest_of(line), True
            return
        self._follow(place, anchor)
        self._no, self._before, self._doubt = anchor.no, digest_of(line), False
        if anchor.database != self.database:
            self.others[anchor.database] = self.others.get(anchor.database, 0) + 1
            return
        self.first_at = self.first_at or anchor.at
        self.last_at = anchor.at
        where = f"{place}, {anchor.at.isoformat(timespec='seconds')}"
        for head in anchor.heads:
            self.heads.setdefault(head, where)
        for account in anchor.accounts:
            self.accounts.setdefault(account, where)

    def cut(self, place: str, why: str) -> None:
        """A part that could not be read."""
        self.problems.append(f"{place} {why}")
        self._doubt = True

    def _follow(self, place: str, anchor: Anchor) -> None:
        if anchor.no > self._no + 1:
            first, last = self._no + 1, anchor.no - 1
            missing = f"number {first} is" if first == last else f"numbers {first} to {last} are"
            self.problems.append(f"{missing} missing before {place}, which is number {anchor.no}")
        elif not self._doubt and (anchor.before != self._before or anchor.no != self._no + 1):
            self.problems.append(f"{place} does not follow the line before it")


def finding(reading: Reading, directory: str, against: Sequence[str], remarks: str) -> Finding:
    """The lines' own problems and those of the database `against` them, as the audit tells them."""
    problems = [*reading.problems, *against]
    more = len(problems) - SAMPLES_MAX
    if problems:
        told = "; ".join(problems[:SAMPLES_MAX]) + (f"; and {more} more" if more > 0 else "")
    else:
        told = (
            f"{reading.lines} lines of {directory}, the last of {reading.last_at}:"
            f" {len(reading.heads)} ends of chains and {len(reading.accounts)} balances"
            " are in the database as they were written down"
        )
    return Finding(invariant="anchors", ok=not problems, detail=told + remarks)
