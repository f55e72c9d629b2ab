"""The log while something is away: one line at each change, repeats counted (`found.md` §16)."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from gateway.ground.repeats import KNOWN_MAX, SAY_EVERY_S, Repeats
from gateway.ground.sql.absence import Absence
from gateway.ground.telemetry import set_up_logging


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def test_repeats_are_counted_and_said_at_intervals() -> None:
    """The first at once; then one an interval, with how many it stands for."""
    repeats = Repeats()
    said = [repeats.counted("away", 0.125 * n) for n in range(8 * 60 * 3)]
    assert [count for count in said if count is not None] == [0, 479, 479]
    assert repeats.counted("other", 0.0) == 0  # another thing is no repeat
    assert SAY_EVERY_S == 60


def test_what_is_remembered_is_bounded() -> None:
    """Names that come from outside cannot fill the memory."""
    repeats = Repeats()
    for n in range(KNOWN_MAX + 5):
        repeats.counted(n, 0.0)
    assert repeats.counted(KNOWN_MAX + 4, 1.0) is None
    assert repeats.counted(0, 1.0) == 0  # forgotten


def lines_of(*events: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What is written of (level, members) told one after the other."""
    out = io.StringIO()
    set_up_logging(level="info", as_json=True, stream=out)
    log = structlog.get_logger()
    for level, members in events:
        getattr(log, level)("it.failed", **members)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_expected_failure_is_one_line_however_often_it_happens() -> None:
    """Whatever says it, and whatever number it says it of. Seen red: 500 lines."""
    many = [("warning", {"error": "it is away", "attempt_id": n}) for n in range(500)]
    assert len(lines_of(*many)) == 1


@pytest.mark.parametrize(
    ("level", "members"),
    [
        ("error", {"error": "each of these is for a person"}),
        ("warning", {"partner": "no failure of something around us"}),
        ("info", {}),
    ],
)
def test_everything_else_is_written_each_time(level: str, members: dict[str, Any]) -> None:
    """What is not a repeated failure of something we need is not kept back."""
    assert len(lines_of((level, members), (level, members))) == 2


def test_what_fails_at_several_places_has_a_line_for_each() -> None:
    """Names tell them apart."""
    told = lines_of(*[("warning", {"error": "no", "upstream": name}) for name in ("a", "b", "a")])
    assert [line["upstream"] for line in told] == ["a", "b"]


def test_an_absence_is_two_lines() -> None:
    """One when the database goes, one when it is back, with how long it was away."""
    now = [100.0]
    absence = Absence(clock=lambda: now[0])
    with capture_logs() as lines:
        absence.end()  # it was not away
        for _ in range(50):
            absence.begin("it does not answer")
            now[0] += 0.5
        assert absence.lasts
        absence.end()
        absence.end()
    assert [line["event"] for line in lines] == ["database.away", "database.back"]
    assert lines[1]["away_s"] == 25.0
    assert not absence.lasts
