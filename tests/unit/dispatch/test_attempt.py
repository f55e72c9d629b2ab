"""The table of attempts: every state and every news, written out."""

import pytest

from gateway.dispatch.attempt import VERDICTS, AttemptState, News, Verdict

MEANS = {
    "A": Verdict.APPLIED,
    "R": Verdict.REPEATED,
    "L": Verdict.LATE,
    "P": Verdict.PARKED,
}
# An open attempt takes any news. A final one is only ever taken back (A): what it knows already is
# repeated, what it has overtaken is late, and what contradicts it waits for a person.
TABLE = """
             accepted uncertain succeeded partial rejected failed reversed noted contradicted
created         A         A         A        A       A       A       A       A        A
accepted        A         A         A        A       A       A       A       A        A
uncertain       A         A         A        A       A       A       A       A        A
succeeded       L         L         R        P       P       P       A       L        P
partial         L         L         P        R       P       P       A       L        P
rejected        L         L         P        P       R       R       R       L        P
failed          L         L         P        P       R       R       R       L        P
reversed        L         L         L        L       R       R       R       L        P
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
WRITTEN = [
    (AttemptState(row[0]), News(news), MEANS[letter])
    for row in ROWS
    for news, letter in zip(HEAD, row[1:], strict=True)
]


def test_the_table_is_complete() -> None:
    """There is a verdict for every pair, in the code and here."""
    pairs = {(state, news) for state in AttemptState for news in News}
    assert {(state, news) for state in VERDICTS for news in VERDICTS[state]} == pairs
    assert {(state, news) for state, news, _ in WRITTEN} == pairs


@pytest.mark.parametrize(("state", "news", "verdict"), WRITTEN)
def test_every_pair_has_its_verdict(state: AttemptState, news: News, verdict: Verdict) -> None:
    """One row for each; SQL's judge_news is compared with the same table elsewhere."""
    assert VERDICTS[state][news] is verdict
