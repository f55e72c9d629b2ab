"""The partners' clients stay small: what is written by hand in each language is counted alike."""

import pytest

from bench.clients import SOURCES, core_lines, open_code_us

CORE_LINES_MAX = 900


def test_each_core_is_small() -> None:
    """At most 900 lines; a language that lost its files would have none."""
    lines = core_lines()
    assert lines.keys() == SOURCES.keys()
    assert {language for language, n in lines.items() if not 300 < n <= CORE_LINES_MAX} == set()


@pytest.mark.parametrize("rounds", [1, 2])
def test_opening_a_code_is_measured(rounds: int) -> None:
    """As many rounds as asked for."""
    assert open_code_us(rounds)["count"] == rounds
