"""The rules of the house (house.md §3): who may know whom, and what a feature says of itself."""

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from gateway.features import FEATURES
from gateway.ground import house
from gateway.ground.feature import CATALOG, FOR_EVER, Feature, Table

ROOT = Path(__file__).parents[3]
GATEWAY = ROOT / "gateway"
FEATURE_LINES_MAX = 40
NAMES = {feature.name for feature in FEATURES}
# What is pure, and by which name: no I/O, no event loop, no clock.
PURE = ("rules.py", "record.py", "refusal.py", "attempt.py", "settlement.py", "lease.py")
IMPURE = {"asyncio", "asyncpg", "aiohttp", "httptools", "socket", "time", "httpx"}


def picture() -> "object":
    """The script that draws the house, as a module."""
    spec = importlib.util.spec_from_file_location("house_picture", ROOT / "deploy/house.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def uses() -> list[tuple[str, str, str]]:
    """(feature, other feature, its module) for every import between features."""
    drawn = picture()
    found = set()
    for module, source in drawn.modules(GATEWAY):  # type: ignore[attr-defined]
        here = drawn.room_of(module)  # type: ignore[attr-defined]
        for name in drawn.imported(source):  # type: ignore[attr-defined]
            parts = name.split(".")
            ours = parts[0] == "gateway" and len(parts) > 2  # connectors have names of their own
            if here in NAMES and ours and parts[1] in NAMES and parts[1] != here:
                found.add((here, parts[1], parts[2]))
    return sorted(found)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_feature_imports_what_it_needs(feature: Feature) -> None:
    """Rule 2: the features it names, all of them, and no other; those come before it."""
    assert set(feature.needs) == {other for here, other, _ in uses() if here == feature.name}
    before = [one.name for one in FEATURES][: FEATURES.index(feature)]
    assert set(feature.needs) <= set(before)


def test_a_feature_knows_nothing_of_the_program() -> None:
    """Rule 4: it imports features and the ground; who puts it together imports it."""
    drawn = picture()
    rooms = drawn.read_house(GATEWAY)  # type: ignore[attr-defined]
    assert {name: rooms[name] - NAMES - {"ground"} for name in sorted(NAMES)} == {
        name: set() for name in sorted(NAMES)
    }


def test_nobody_reaches_into_another_s_store_or_face() -> None:
    """Rules 2 and 4: another feature's use cases and rules, not its SQL and not its HTTP."""
    reached = {
        (here, f"{other}.{module}")
        for here, other, module in uses()
        if "store" in module or "administration" in module or module.startswith("http")
    }
    assert reached == set()


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_feature_is_a_page_of_data(feature: Feature) -> None:
    """`feature.py` has no code, and every file it names is there; so is every SQL file named."""
    path = GATEWAY / feature.name / "feature.py"
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FEATURE_LINES_MAX
    assert not [
        n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.ClassDef)
    ]
    for kind in ("routines", "checks"):
        assert all(file.exists() for file in feature.files(kind))
    named = {file.name for kind in ("routines", "checks") for file in feature.files(kind)}
    read = re.findall(rf'(?:queries\(|file=)"{feature.name}/(\w+)"\)', sources())
    assert {file.name for file in path.parent.glob("*.sql")} == named | {
        f"{name}.sql" for name in read
    }


def test_every_statement_is_declared() -> None:
    """What the program asks the database has types: parameters, and rows. The checks of the audit
    are found by name; a test of their own holds them to one form.

    Seen red with `queries("ground/sql/roles")`.
    """
    assert set(re.findall(r'queries\("([\w/]+)"\)', sources())) == {
        "audit/since",  # pieces of the audit's statements, not statements
    }
    assert set(re.findall(r'queries_of_all\([\'"](\w+)', sources())) == {"checks"}


def sources() -> str:
    """All of the gateway's Python."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(GATEWAY.rglob("*.py")))


def test_a_wiring_is_declared() -> None:
    """A feature that has a part in a worker says so: no `wiring.py` is left out of the house."""
    declared = {feature.name for feature in FEATURES if feature.wiring == "wiring"}
    assert {path.parent.name for path in GATEWAY.glob("*/wiring.py")} - {"ground"} == declared


def test_every_folder_is_a_feature() -> None:
    """What is not listed does not exist: no folder stands beside the list."""
    folders = {path.name for path in GATEWAY.iterdir() if (path / "__init__.py").exists()}
    assert NAMES | {"ground", "demo", "guide"} == folders


def test_a_table_belongs_to_one_feature() -> None:
    """Two features with the same table are refused when the house is built."""
    twice = Feature(name="other", tables={"orders": Table(kept=FOR_EVER)})
    try:
        house.consists_of([*FEATURES, twice])
        house.tables.cache_clear()
        with pytest.raises(ValueError, match="orders is another feature's table"):
            house.tables()
    finally:
        house.consists_of(FEATURES)
        house.tables.cache_clear()


@pytest.mark.parametrize("path", sorted(p for n in PURE for p in GATEWAY.glob(f"*/{n}")), ids=str)
def test_rules_are_pure(path: Path) -> None:
    """Rule 1: a rule knows no event loop, no socket, no database and no clock."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names
    }
    imported |= {
        (n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)
    }
    assert set() == imported & IMPURE


def test_the_ground_knows_no_feature() -> None:
    """Rule 4, by name: what every feature stands on imports none of them."""
    drawn = picture()
    known = {
        (module, name)
        for module, source in drawn.modules(GATEWAY)  # type: ignore[attr-defined]
        if drawn.room_of(module) == "ground"  # type: ignore[attr-defined]
        for name in drawn.imported(source)  # type: ignore[attr-defined]
        if name.startswith("gateway.") and name.split(".")[1] in NAMES
    }
    assert set() == known


def test_the_picture_is_of_this_house() -> None:
    """`make house` was run after the last import between rooms came or went."""
    drawn = picture()
    drawn_now = drawn.draw(drawn.read_house(GATEWAY))  # type: ignore[attr-defined]
    assert (ROOT / "deploy/house.svg").read_text(encoding="utf-8") == drawn_now


def test_what_is_kept_for_ever_is_not_deleted() -> None:
    """The gateway's role deletes from no table that proves something but codes."""
    deleted = {
        name for name, table in house.tables().items() if table.delete and table.kept == FOR_EVER
    }
    assert {"code", "code_fingerprint"} == deleted  # a trigger says which rows
    assert not [t for t in house.tables().values() if t.kept == CATALOG and not t.insert]
