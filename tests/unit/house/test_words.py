"""The house's words have one meaning each (house.md §3): where they may be said, and as what.

A word that has another meaning elsewhere is found by its pattern outside the rooms it belongs to.
What says it otherwise today is listed with its reason, and the lists only get shorter.
"""

import re
from typing import NamedTuple

import pytest

from tests.unit.house.sources import ROOT


class Word(NamedTuple):
    """`pattern` stands in these rooms alone (a folder's or file's path begins so), and `today` in
    these, too, each because of what is said.
    """

    pattern: str
    rooms: tuple[str, ...]
    today: dict[str, str]


WORDS = {
    "lane: an upstream and a product": Word(
        r"\b_?lanes?\b|lane_|Lane\b",
        ("gateway/dispatch", "gateway/ground/traffic", "gateway/catalog", "gateway/alerts/seen.py"),
        {
            "gateway/ground/sql": "the table `lane_state`",
            "gateway/console/administration.sql": "the table `lane_state`",
            "gateway/demo/week/past.sql": "the table `lane_state`",
        },
    ),
    "settle: an attempt's final result": Word(
        r"[sS]ettl",
        (
            "gateway/dispatch", "gateway/reconciliation", "gateway/ledger/routines.sql",
            "gateway/orders/resolve.py", "gateway/orders/wiring.py",
        ),
        {
            "gateway/orders/tail.py": "asks codes whether commits in flight are over",
            "gateway/orders/timeline.py": "an order's event `settled`, by admin.md",
            "gateway/codes": "commits in flight that are over",
            "gateway/quotas": "a young quota settles: its column `settles_at` says so",
            "gateway/rehearsals/copy.py": "leaves that column out",
            "gateway/demo/week/shop.py": "an option of simulators, `settle_s`",
        },
    ),
    "verdict: on news of an attempt": Word(
        r"[vV]erdict",
        ("gateway/dispatch", "gateway/reconciliation"),
        {
            "gateway/orders": "what a person says of an attempt, `resolution.verdict`; the label of"
            " the metric of lines",
            "gateway/codes": "the report of an import, by api.md; what a refill found",
            "gateway/demo": "the demo's own",
            "gateway/ground/desk": "what an action meets at the desk, `gate.Verdict`",
        },
    ),
    "webhook, not notify": Word(
        r"\b[nN]otify|[nN]otifi",
        ("gateway/alerts", "gateway/vault"),  # notifiers: places operators are told at
        {
            "gateway/orders": "a line's wish to be told of",
            "gateway/webhooks": "reads it",
            # `notify_url` is the wire's name, NOTIFY PostgreSQL's.
            "gateway/operators/roles.py": "notifiers: places operators are told at",
            "gateway/console/menu.py": "the same",
        },
    ),
    "bill: an upstream's, not a statement": Word(
        r"(?:list|bill|upstream|platform)_statement|StatementPage|statement_(?:file|list)",
        (),
        {},
    ),
    "topic: what NOTIFY is about; a channel sells": Word(
        r"\bCHANNEL\b", ("gateway/channels",), {}
    ),
}  # fmt: skip
NOT_OURS = re.compile(r"notify_url|pg_notify|NOTIFY|_notify\b")


def said(pattern: str) -> set[str]:
    """The files of the program that say it, but for migrations, which are never edited."""
    return {
        str(path.relative_to(ROOT))
        for suffix in ("py", "sql")
        for path in (ROOT / "gateway").rglob(f"*.{suffix}")
        if "/tables/" not in str(path)
        and re.search(pattern, NOT_OURS.sub("", path.read_text(encoding="utf-8")))
    }


@pytest.mark.parametrize("meaning", WORDS)
def test_a_word_has_one_meaning(meaning: str) -> None:
    """It is said where it belongs, and else only where the list says why."""
    word = WORDS[meaning]
    places = {path for path in said(word.pattern) if not path.startswith(word.rooms)}
    assert not {path for path in places if not path.startswith(tuple(word.today))}
    assert not {room for room in word.today if not any(path.startswith(room) for path in places)}
