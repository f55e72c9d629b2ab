"""What refusals cost, and rows of which what they measure is not there."""

import asyncio
from pathlib import Path

import pytest
from rich.console import Console

from bench import agenda
from bench.__main__ import line_of
from bench.figures import Figure
from bench.load import Load
from bench.plan import NotMeasured, Teller
from bench.refusals import cost_in_echoes
from bench.spread import spread
from bench.turns import Round
from tests.unit.bench.test_bench_measuring import plan


def round_of(answers: dict[str, int], *, wanted: str, server_s: float, database_s: float) -> Round:
    """A round of one second."""
    load = Load(
        requests=sum(answers.values()), duration_s=1.0, broken=0, laps=0, p50_us=1, p99_us=1,
        answers=answers,
    )  # fmt: skip
    cpu_s = {"server": server_s, "database": database_s}
    return Round(load=load, goodput=answers.get(wanted, 0), cpu_s=cpu_s)


ECHO = round_of({"200": 1000}, wanted="200", server_s=0.1, database_s=0.0)


def test_a_refusal_costs_what_gateway_and_database_take_for_it() -> None:
    """100 µs an echo; 60 µs of the gateway and 20 of the database are 0.8 of it."""
    refused = round_of(
        {"409 sold-out": 1000}, wanted="409 sold-out", server_s=0.06, database_s=0.02
    )
    assert cost_in_echoes([refused], [ECHO]) == [pytest.approx(0.8)]


@pytest.mark.parametrize("answers", [{"201": 1000}, {"409 sold-out": 500, "201": 500}])
def test_what_was_answered_otherwise_is_no_refusal(answers: dict[str, int]) -> None:
    """Where a tenth or more of the answers are of another kind, no figure is made of them."""
    served = round_of(answers, wanted="409 sold-out", server_s=0.06, database_s=0.02)
    with pytest.raises(NotMeasured, match="201"):
        cost_in_echoes([served], [ECHO])


def test_a_row_whose_thing_is_missing_is_told_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no figure and its reason; the others are measured, and nothing failed."""

    async def missing(_plan: object, _teller: object) -> list[Figure]:
        raise NotMeasured("there are no holds: /v1/holds answers 404")

    async def there(_plan: object, _teller: object) -> list[Figure]:
        return [Figure(key="quota_ratio", spread=spread([0.8]))]

    monkeypatch.setattr(agenda, "IN_HOUSE", {})  # which would start servers
    monkeypatch.setattr(agenda, "ALONE", {"holds": missing, "quotas": there})
    teller = Teller(Console(quiet=True))
    outcome = asyncio.run(agenda.measure(["holds", "quotas"], plan(tmp_path), teller))
    assert outcome.not_measured["holds"].startswith("there are no holds")
    assert outcome.failures == {}
    assert [figure.key for figure in outcome.figures] == ["quota_ratio"]


def test_shapes_are_told_by_name_and_judged_by_the_worst() -> None:
    """The line of --json has every shape; target and table take the worst of them."""
    parts = {"steady": {"goodput_share": 1.0}, "tenfold": {"goodput_share": 0.8}}
    figures = [
        Figure(key="shapes", spread=spread([1.0, 0.8]), worst=True, parts=parts),
        Figure(key="shapes_p99_ratio", spread=spread([1.0, 1.9]), worst=True),
        Figure(key="quota_ratio", spread=spread([0.8])),
    ]
    told = {figure.key: figure.as_json() for figure in figures}
    assert (told["shapes"]["value"], told["shapes"]["met"]) == (0.8, False)
    assert (told["shapes_p99_ratio"]["value"], told["shapes_p99_ratio"]["met"]) == (1.9, True)
    assert line_of(told) == {"shapes": parts, "shapes_p99_ratio": 1.9, "quota_ratio": 0.8}


def test_every_row_can_be_asked_for_alone_and_has_a_target() -> None:
    """The figures of issue 10 are rows with targets; the names of --only are each in one table."""
    keys = {"quota_ratio", "hold_confirm_ratio", "refusal_echo", "flood_p99_ratio", "shapes"}
    assert all(agenda.GOALS[key].target is not None for key in keys)
    assert {"quotas", "holds", "refusals", "flood", "shapes"} <= set(agenda.NAMES)
    assert len(set(agenda.NAMES)) == len(agenda.NAMES)
