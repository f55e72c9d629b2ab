"""The house rules that a program can check (shared style guide): a test over the source tree."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audit.run import INVARIANTS
from tests.unit.house.sources import PYTHON, ROOT, SQL, relative

BANNED_MODULE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service"}

# What a crate may know of the others. Python is known by `py` alone.
CRATES = {
    "stock": set[str](),
    "code_file": set[str](),
    "vault": {"stock"},
    "wire": {"stock"},
    "py": {"stock", "code_file", "vault", "wire"},
}


@pytest.mark.parametrize("crate", CRATES)
def test_crates_know_what_they_may(crate: str) -> None:
    """A crate depends on the others as drawn, says its subject, and but for one knows no Python."""
    home = ROOT / "core_rs" / crate
    manifest = tomllib.loads((home / "Cargo.toml").read_text(encoding="utf-8"))
    tables = [manifest["dependencies"], manifest.get("dev-dependencies", {})]
    names = {name for table in tables for name in table}
    others = {
        name.removeprefix("quangate-").replace("-", "_") for name in names if "quangate" in name
    }
    assert others == CRATES[crate]
    assert ("pyo3" in names) == (crate == "py")
    head = (home / "src/lib.rs").read_text(encoding="utf-8").splitlines()[:3]
    assert all(line.startswith("//!") for line in head)


def test_every_crate_is_drawn() -> None:
    """There are no others."""
    assert {path.parent.name for path in (ROOT / "core_rs").glob("*/Cargo.toml")} == set(CRATES)


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_modules_say_what_they_are_for(path: Path) -> None:
    """Every module has a docstring and a name that means something."""
    assert path.stem not in BANNED_MODULE_NAMES
    assert path.read_text(encoding="utf-8").strip() == "" or ast.get_docstring(
        ast.parse(path.read_text(encoding="utf-8"))
    )


def test_only_native_imports_the_core() -> None:
    """gateway.ground.native is the one door to the native module."""
    importers = [
        relative(path)
        for path in PYTHON
        if re.search(
            r"^\s*(from gateway\._core|import gateway\._core|from gateway import _core)",
            path.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    ]
    assert ["gateway/ground/native.py"] == importers


PATIENCE_S_MIN = 60
# Waits that are to end by the clock, whatever the machine: nothing depends on what came before.
MAY_END = {("tests/integration/dispatch/test_comparable_failures.py", "asyncio.timeout(0.001)")}


def patience_of(call: ast.Call, constants: dict[str, float]) -> float | None:
    """The seconds after which a call gives up, where they are written out."""
    name = ast.unparse(call.func).rsplit(".", 1)[-1]
    words = {"timeout", "total"} if name == "ClientTimeout" else {"timeout"}
    given = [word.value for word in call.keywords if word.arg in words]
    if name in {"timeout", "wait_for", "wait", "communicate", "ClientTimeout"}:
        given += call.args[-1:]
    for node in given:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return node.value
        if isinstance(node, ast.Name) and node.id in constants:
            return constants[node.id]
    return None


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=relative)
def test_no_wait_of_a_test_is_short(path: Path) -> None:
    """A loaded machine misses any short limit: a wait ends by an event (tests/clock.py).

    Seen red for 0.5 to 30 s in fifteen files.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, int | float)
    }
    short = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (seconds := patience_of(node, constants)) is not None
        and seconds < PATIENCE_S_MIN
        and (relative(path), ast.unparse(node)) not in MAY_END
    ]
    assert [] == short


def named_queries() -> Iterator[tuple[str, str]]:
    """(file, name) of every named statement."""
    for path in SQL:
        for name in re.findall(r"^-- name: (\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield relative(path), name


def test_every_named_query_is_used() -> None:
    """A statement nobody calls is deleted, not kept."""
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "gateway").rglob("*.py"))
    )
    called = {name for pair in re.findall(r'(?<=")(\w+)(?=")|\bSQL\.(\w+)', code) for name in pair}
    unused = [
        f"{file}: {name}"
        for file, name in named_queries()
        if name not in called
        # The audit runs every statement that is named after an invariant.
        and not (file.endswith("checks.sql") and name.partition("_")[0].upper() in INVARIANTS)
    ]
    assert [] == unused


def test_new_migrations_make_no_routines() -> None:
    """Functions are current text in a feature's routines; with tables stays what their guards call:
    triggers, and constraints made in the same migration.
    """
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "gateway/tables").glob("*.sql"))
        if path.name > "0050"
    }
    made = [
        f"{file}: {name}"
        for file, text in texts.items()
        for name in re.findall(r"FUNCTION (\w+)\([^;]*?\)\s+RETURNS (?!trigger)", text)
        if not re.search(rf"CHECK \(\s*{name}\(", text)
    ]
    assert [] == made
