"""The README says what the code says: states, invariants, guards, commands, decisions' names."""

import re
from pathlib import Path

import pytest

from gateway.audit.run import CHECKS
from gateway.ground import house
from gateway.orders.rules import TRANSITIONS
from tests.world.command_line import commands_named, unknown_commands

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MIGRATIONS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in [*(ROOT / "gateway").rglob("tables/*.sql"), *house.files("routines")]
)


def between(begin: str, end: str) -> str:
    """The one part of the README between two marks."""
    _, _, rest = README.partition(begin)
    part, mark, _ = rest.partition(end)
    assert mark, f"the README has lost {begin} … {end}"
    return part.strip()


def drawn_states() -> str:
    """TRANSITIONS as the README draws them."""
    width = max(len(state) for state in TRANSITIONS)
    lines = [
        f"{state:<{width}} ──▶ {' | '.join(moves.values())}".rstrip() if moves else f"{state}"
        for state, moves in TRANSITIONS.items()
    ]
    return "\n".join(["```", *lines, "```"])


def expanded(text: str) -> set[str]:
    """'I1–I3 and I13' as {'I1', 'I2', 'I3', 'I13'}."""
    numbers: set[str] = set()
    for low, high in re.findall(r"I(\d+)(?:–I(\d+))?", text):
        numbers |= {f"I{n}" for n in range(int(low), int(high or low) + 1)}
    return numbers


def test_the_states_are_those_of_the_table() -> None:
    """The drawing is TRANSITIONS, state by state; on failure, paste what was expected."""
    assert drawn_states() == between("<!-- states:begin -->", "<!-- states:end -->")


def test_the_audit_checks_what_the_readme_says() -> None:
    """No invariant is claimed to be checked that is not, and none is forgotten."""
    (claim,) = re.findall(r"`quangate audit` checks (.*?) on the live database", README)
    assert {check.invariant for check in CHECKS} == expanded(claim)


def test_the_map_has_the_rooms_that_are_there() -> None:
    """A row for each folder and each file beside them, none twice, none of what is gone; and all
    that the ground consists of.

    Seen red without the row of `gateway/search`, with one of `gateway/people`, and without `redis`.
    """
    table = between("## The rooms", "Imports only go down")
    first = re.findall(r"^\| ((?:`[\w./]+`(?:, )?)+) \|", table, re.MULTILINE)
    # One row has four short ones.
    rest = re.findall(r"(?:^\|.*\||·) `(tests|deploy)` ", table, re.MULTILINE)
    rows = [name for cell in first for name in re.findall(r"`([\w./]+)`", cell)] + rest
    rooms = [
        str(path.relative_to(ROOT))
        for home in ("gateway", "core_rs")
        for path in (ROOT / home).iterdir()
        if (path.is_dir() and any(path.glob("*.*")) and path.name != "__pycache__")
        or (path.suffix == ".py" and not path.name.startswith("__"))
    ]
    assert sorted(rows) == sorted([*rooms, "connectors", "bench", "tests", "deploy"])
    (ground,) = re.findall(r"^\| `gateway/ground` \|(.*)\|$", table, re.MULTILINE)
    folders = {path.name for path in (ROOT / "gateway/ground").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == set(re.findall(r"`(\w+)` \(", ground))


def test_every_invariant_has_its_row() -> None:
    """I1 to I15, each once, in order."""
    assert [f"I{n}" for n in range(1, 16)] == re.findall(r"^\| (I\d+) \|", README, re.MULTILINE)


@pytest.mark.parametrize(
    ("invariant", "guard"),
    [
        (invariant, guard)
        for invariant, cell in re.findall(r"^\| (I\d+) \|[^|]*\|([^|]*)\|$", README, re.MULTILINE)
        for guard in re.findall(r"`([a-z_]+)`", cell)
    ],
)
def test_every_guard_is_in_the_schema(invariant: str, guard: str) -> None:
    """A guard the README names exists in the migrations; `fsync` is a setting, checked at start."""
    if guard == "fsync":
        assert '("fsync", ' in (ROOT / "gateway/ground/sql/database.py").read_text(encoding="utf-8")
    else:
        assert re.search(rf"\b{guard}\b", MIGRATIONS), f"{invariant}: no {guard} in the migrations"


def test_every_command_exists() -> None:
    """A stranger who copies a command from the README never reads `No such command`."""
    assert unknown_commands(README) == []
    assert commands_named(README) >= 10


@pytest.mark.parametrize("text", ["quangate sell", "quangate sku burn", "quangate audit --fast"])
def test_unknown_commands_are_found(text: str) -> None:
    """The check above can fail: a room, a command and a flag that do not exist."""
    assert [text] == unknown_commands(f"run `{text}` now")


def test_every_make_target_exists() -> None:
    """So is it with `make …`."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE)) <= targets


def test_every_path_exists() -> None:
    """Files and rooms in code spans are there."""
    spans = re.findall(
        r"`((?:gateway|core_rs|bench|tests|deploy|connectors|api)(?:/[\w./-]*)?)`", README
    )
    missing = [
        span
        for span in spans
        if not (ROOT / span).exists() and not (ROOT / "gateway" / span).exists()
    ]
    assert missing == []
