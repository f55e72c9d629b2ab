"""Numbers, days and times have one spelling each, at every door of the command line."""

from typing import Any

import pytest
import typer

from connectors.settings import SettingsError, load_settings
from gateway.command_line import rooms
from gateway.ground.moment import read_day, read_moment
from gateway.ground.number import NUMBER_MAX, check_decimal, read_whole
from tests.world.command_line import commands_of

STRANGE = [
    "1_000", " 10", "10 ", "10\n", "1e3", "１０", "٣", "+5", "0x10", "-0", "007", "10.0", "1,000",
    "", "-", "--5", "ten", "1 0", "²",
]  # fmt: skip


@pytest.mark.parametrize("text", STRANGE)
def test_strange_numbers_are_none(text: str) -> None:
    """What Python reads, or rounds, or skips is not what somebody meant."""
    with pytest.raises(ValueError, match="whole number"):
        read_whole(text)


@pytest.mark.parametrize("number", [0, 1, -1, 1990, -500, NUMBER_MAX, -NUMBER_MAX])
def test_plain_numbers_are_read(number: int) -> None:
    """As JSON writes them."""
    assert read_whole(str(number)) == number


def test_numbers_that_nothing_can_hold() -> None:
    """However many digits there are, the answer is short and quick."""
    for digits in (str(NUMBER_MAX + 1), "9" * 100_000, "-" + "9" * 30):
        with pytest.raises(ValueError, match="out of any range") as caught:
            read_whole(digits)
        assert len(str(caught.value)) < 100


def numeric_parameters() -> list[tuple[str, Any]]:
    """Every parameter of every command that is a number."""
    return [
        (f"{name} {parameter.name}", parameter)
        for room in rooms()
        for name, command in commands_of(room)
        for parameter in command.get_params(typer.Context(command))
        if parameter.type_descriptor.annotation in {int, float}
    ]


def test_every_command_reads_numbers_alike() -> None:
    """No parameter of a command takes a strange number; each takes a plain one."""
    parameters = numeric_parameters()
    assert len(parameters) > 25
    for name, parameter in parameters:
        own = typer.Context(typer.main.get_command(typer.Typer(callback=lambda: None)))
        strange = [text for text in STRANGE if text != "10.0"]
        for text in [*strange, "nan", "inf"]:
            with pytest.raises(typer.BadParameter):
                parameter.process_value(own, text)
        assert parameter.process_value(own, "10") == 10, name


def test_fractions() -> None:
    """Calls per second, and nothing that is no number."""
    for text in ("0", "0.5", "12", "12.25"):
        check_decimal(text)
    for text in (*STRANGE[:10], "nan", "inf", "1e3", ".5", "5.", "1_0.5"):
        with pytest.raises(ValueError, match="number"):
            check_decimal(text)


def test_settings_of_a_connector() -> None:
    """`--set` reads numbers as everything else does."""
    from connectors.reloadly.wire import ReloadlySettings

    given = {"client_id": "a", "client_secret": "b"}
    for text in STRANGE:
        with pytest.raises(SettingsError, match="callback_window_s"):
            load_settings(ReloadlySettings, {**given, "callback_window_s": text})
    assert load_settings(ReloadlySettings, {**given, "callback_window_s": "60"})


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-11", "20261111T000000Z", "2026-W46-3T00:00:00Z", "2026-11-11T00:00Z",
        "2026-11-11T00:00:00", "2026-11-11T00:00:00,5Z", "２０２６-11-11T00:00:00Z",
        "2026-11-11T00:00:00Z\n", "2026-02-30T00:00:00Z",
        "2026-11-11T24:00:01Z", "2026-11-11 00:00:00Z",
    ],
)  # fmt: skip
def test_times_are_rfc_3339(text: str) -> None:
    """Nothing of ISO 8601 beyond that."""
    with pytest.raises(ValueError, match=r"."):
        read_moment(text)


def test_times_and_days_that_are_some() -> None:
    """Any offset, a small t or z, a fraction."""
    assert read_moment("2026-11-11T00:00:00+08:00").isoformat() == "2026-11-11T00:00:00+08:00"
    assert read_moment("2026-11-11t00:00:00.5z").microsecond == 500_000
    assert read_day("2026-02-28").isoformat() == "2026-02-28"


@pytest.mark.parametrize(
    "text",
    [
        "20261111",
        "2026-W46-3",
        "2026-315",
        "2026-1-1",
        " 2026-11-11",
        "２０２６-11-11",
        "2026-02-30",
        "",
    ],
)
def test_days_have_hyphens(text: str) -> None:
    """`fromisoformat` takes weeks, and days without them."""
    with pytest.raises(ValueError, match=r"."):
        read_day(text)
