"""`quangate setting`: numbers by name, kept in the database, within their bounds."""

from typing import Any

import pytest

from gateway.ground import house
from tests.conftest import Cli


def shown(command: Cli) -> dict[str, dict[str, Any]]:
    """The list, by name."""
    rows = command("setting", "list", "--json").json["settings"]
    return {row["name"]: row for row in rows}


def test_the_list_has_every_setting_with_its_default(command: Cli) -> None:
    """What no one has set is at its default, with bounds, unit and a sentence."""
    rows = shown(command)
    assert rows.keys() == house.settings().keys()
    row = rows["holds.per_ip"]
    assert (row["value"], row["default"], row["least"], row["most"]) == (10, 10, 0, 1_000_000)
    assert (row["unit"], row["changed_at"]) == ("holds", None)


def test_what_is_set_is_in_force(command: Cli) -> None:
    """It is kept, as JSON and in the list; set again it is the newer one."""
    for value in (7, 8):
        done = command("setting", "set", "holds.per_partner", str(value), "--json")
        assert done.json == {"name": "holds.per_partner", "value": value}
        row = shown(command)["holds.per_partner"]
        assert (row["value"], row["default"]) == (value, 1000)
        assert row["changed_at"] is not None


def test_an_unknown_name_lists_the_known(command: Cli) -> None:
    """Exit 1 `not-found`, and every name there is."""
    done = command("setting", "set", "holds.per_byuer", "3", "--json")
    assert (done.returncode, done.json["error"]["code"]) == (1, "not-found")
    assert all(name in done.json["error"]["detail"] for name in house.settings())


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("holds.pool_percent", "101", "0 to 100"),
        ("holds.min_ttl_s", "0", "1 to 86400"),
        ("holds.per_ip", "ten", "whole number"),
        ("holds.per_ip", "1_0", "whole number"),
        ("holds.per_ip", "none", "whole number"),  # has a default
        ("holds.min_ttl_s", "901", "must not be above holds.max_ttl_s (900)"),
        ("holds.max_ttl_s", "59", "must not be above holds.max_ttl_s (59)"),
    ],
)
def test_a_value_that_makes_no_sense_changes_nothing(
    command: Cli, name: str, value: str, told: str
) -> None:
    """Exit 2 with the reason. Seen red for the last two without `_check_sides`."""
    before = shown(command)
    done = command("setting", "set", name, value, "--json")
    assert (done.returncode, done.json["error"]["code"]) == (2, "invalid-argument")
    assert told in done.json["error"]["detail"]
    assert shown(command) == before
