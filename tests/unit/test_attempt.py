"""The table of attempts: every state and every news."""

import pytest

from gateway.domain.attempt import VERDICTS, AttemptState, News, Verdict

OPEN_STATES = {AttemptState.CREATED, AttemptState.ACCEPTED, AttemptState.UNCERTAIN}
FINAL = set(AttemptState) - OPEN_STATES
PAIRS = [(state, news) for state in AttemptState for news in News]


def test_the_table_is_complete() -> None:
    """There is a verdict for every pair."""
    assert {(state, news) for state in VERDICTS for news in VERDICTS[state]} == set(PAIRS)


@pytest.mark.parametrize(("state", "news"), PAIRS)
def test_every_pair_keeps_the_rules(state: AttemptState, news: News) -> None:
    """Open attempts take any news; a final one is only ever taken back, and never silently."""
    verdict = VERDICTS[state][news]
    if state in OPEN_STATES:
        assert verdict is Verdict.APPLIED
    elif verdict is Verdict.APPLIED:
        assert news is News.REVERSED
        assert state in {AttemptState.SUCCEEDED, AttemptState.PARTIAL}
    if state in FINAL and news.value == state.value:
        assert verdict is Verdict.REPEATED
    if state in {AttemptState.REJECTED, AttemptState.FAILED} and news is News.SUCCEEDED:
        assert verdict is Verdict.PARKED  # money was given back: a person decides
    if state is AttemptState.SUCCEEDED and news in {News.FAILED, News.REJECTED}:
        assert verdict is Verdict.PARKED  # nothing turns success into failure
