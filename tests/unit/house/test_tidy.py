"""The house rules that a program can check (shared style guide): a test over the source tree."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audit.run import INVARIANTS
from gateway.features import FEATURES

ROOT = Path(__file__).parents[3]
FILE_LINES_MAX = 350  # of any file, in any language
FUNCTION_LINES_MAX = 70
BANNED_MODULE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service"}
PYTHON = [
    path
    for room in ("gateway", "connectors", "bench", "deploy", "tests")
    for path in sorted((ROOT / room).rglob("*.py"))
]
RUST = sorted((ROOT / "core_rs").rglob("*.rs"))
MIGRATIONS = sorted((ROOT / "gateway/tables").glob("*.sql"))
SQL = [
    path
    for room in ("gateway", "tests")
    for path in sorted((ROOT / room).rglob("*.sql"))
    if path not in MIGRATIONS
]
# Applied when there was no limit, and what is applied is never edited.
OLD = {"0001_tables.sql", "0003_commit_orders.sql", "0020_topups.sql"}
# What has no suffix of its own, or only here: scripts and their like.
SCRIPT_NAMES = {"Makefile", "Dockerfile", "run"}
SCRIPT_SUFFIXES = {".sh", ".bash", ".lua", ".css", ".js", ".tpl", ".pyi"}
SCRIPTS = [
    ROOT / "Makefile",
    *(
        path
        for room in (".ci", "gateway", "connectors", "bench", "deploy", "tests")
        for path in sorted((ROOT / room).rglob("*"))
        if path.name in SCRIPT_NAMES or path.suffix in SCRIPT_SUFFIXES
    ),
]


def relative(path: Path) -> str:
    """The path as a person names it."""
    return str(path.relative_to(ROOT))


# What a crate may know of the others. Python is known by `py` alone.
CRATES = {
    "stock": set[str](),
    "code_file": set[str](),
    "vault": {"stock"},
    "wire": {"stock"},
    "py": {"stock", "code_file", "vault", "wire"},
}


@pytest.mark.parametrize("path", RUST, ids=relative)
def test_rust_stays_small(path: Path) -> None:
    """Rust is held to the same lengths, its tests as well."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= FILE_LINES_MAX
    long = [f"{name}: {n}" for name, n in rust_functions(lines) if n > FUNCTION_LINES_MAX]
    assert [] == long


def rust_functions(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Each function with its length in lines; rustfmt puts its end under its beginning."""
    for at, line in enumerate(lines):
        match = re.match(
            r"( *)(?:(?:pub(?:\([a-z]+\))?|const|unsafe|extern \"C\") )*fn (\w+)", line
        )
        if match is None or line.endswith(("}", ";")):
            continue
        # Of a trait's function without a body the end is its semicolon.
        ends = (f"{match[1]}}}", f"{match[1]}) -> ", f"{match[1]});")
        end = next(n for n, other in enumerate(lines[at:], 1) if is_end(other, ends))
        yield match[2], end


def is_end(line: str, ends: tuple[str, ...]) -> bool:
    """Whether a line is a function's last."""
    closing, declared, bare = ends
    return line in {closing, bare} or (line.startswith(declared) and line.endswith(";"))


def test_rust_is_measured() -> None:
    """The pattern above finds the functions, and one that is too long."""
    text = ["impl A {", "    pub(crate) fn long(", "        self,", "    ) -> u8 {"]
    text += ["        1;"] * 80 + ["    }", "", "    fn one() {}", "}"]
    assert list(rust_functions(text)) == [("long", 84)]
    found = sum(len(list(rust_functions(p.read_text("utf-8").splitlines()))) for p in RUST)
    assert found > 900


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
def test_files_stay_small(path: Path) -> None:
    """No file grows past 350 lines: that is where everything would meet."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES_MAX


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_functions_stay_small(path: Path) -> None:
    """No function is longer than a screen."""
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert [] == long


@pytest.mark.parametrize(
    "path", [*SQL, *(each for each in MIGRATIONS if each.name not in OLD)], ids=relative
)
def test_sql_stays_small(path: Path) -> None:
    """SQL is source like any other: no file past 350 lines, no function longer than a screen."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_LINES_MAX
    long = [f"{name}: {lines}" for name, lines in sql_functions(text) if lines > FUNCTION_LINES_MAX]
    assert [] == long


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_scripts_stay_small(path: Path) -> None:
    """The shell, stubs, styles and recipes are held to the same lengths."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= FILE_LINES_MAX
    long = [f"{name}: {n}" for name, n in shell_functions(lines) if n > FUNCTION_LINES_MAX]
    assert [] == long


def shell_functions(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Each function of a shell or Lua script with its length in lines."""
    for at, line in enumerate(lines):
        match = re.match(r"(?:(\w+)\(\) {|(?:local )?function ([\w.:]+)\(.*\))$", line)
        if match is not None:
            ends = {"}", "end"}
            yield (
                match[1] or match[2],
                next(n for n, other in enumerate(lines[at:], 1) if other in ends),
            )


def test_scripts_are_measured() -> None:
    """Every script there is, wherever a program can stand; the patterns find what is too long."""
    names = {relative(path) for path in SCRIPTS}
    there = {".ci/run", "Makefile", "bench/load.lua", "deploy/Dockerfile", "gateway/_core.pyi"}
    assert there <= names
    shell = ["step() {", *["  :"] * 80, "}"]
    lua = ["local function tell(a, b)", *["  x()"] * 80, "end"]
    assert [*shell_functions(shell), *shell_functions(lua)] == [("step", 82), ("tell", 82)]
    measured = {*PYTHON, *RUST, *SQL, *MIGRATIONS, *SCRIPTS}
    unmeasured = [
        relative(path)
        for room in (".ci", "gateway", "connectors", "bench", "deploy", "core_rs", "tests")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path not in measured and path.read_bytes()[:2] == b"#!"
    ]
    assert [] == unmeasured


def sql_functions(text: str) -> Iterator[tuple[str, int]]:
    """Each function with its length in lines, from CREATE to the end of its body."""
    for match in re.finditer(
        r"^CREATE FUNCTION (\w+)\(.*?^(?:END )?\$\$;$", text, re.MULTILINE | re.DOTALL
    ):
        yield match[1], match[0].count("\n") + 1


def test_every_routine_is_measured() -> None:
    """The pattern above finds every function there is."""
    texts = [path.read_text(encoding="utf-8") for path in SQL]
    measured = sum(len(list(sql_functions(text))) for text in texts)
    assert sum(text.count("CREATE FUNCTION") for text in texts) == measured > 0


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


def test_the_readme_names_every_room() -> None:
    """A stranger finds each room in the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = [
        *(f"gateway/{feature.name}" for feature in FEATURES), "gateway/ground",
        "core_rs/stock", "core_rs/vault", "core_rs/code_file", "core_rs/wire", "core_rs/py",
        "connectors", "bench", "tests", "deploy",
    ]  # fmt: skip
    assert [] == [room for room in rooms if room not in readme]


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
