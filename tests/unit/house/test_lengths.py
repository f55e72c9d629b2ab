"""How long a file and a function may be, in every language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.house.sources import (
    CLIENTS,
    MIGRATIONS,
    PYTHON,
    ROOT,
    RUST,
    SCRIPTS,
    SQL,
    relative,
)

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
# Longer than a file may be, and how long today. Nothing comes in here: what is too long is divided.
LONG_TODAY = {
    "bench/instructions.py": 318,
    "bench/partner.py": 320,
    "connectors/contract.py": 341,
    "connectors/dingconnect/simulator.py": 331,
    "connectors/dtone/simulator.py": 342,
    "connectors/fulu/connector.py": 328,
    "connectors/fulu/simulator.py": 304,
    "connectors/kasushou/simulator.py": 328,
    "connectors/reloadly/connector.py": 339,
    "connectors/reloadly/simulator.py": 337,
    "connectors/simulation/market.py": 337,
    "core_rs/code_file/src/assign.rs": 302,
    "core_rs/code_file/src/batch.rs": 312,
    "core_rs/code_file/src/expiry.rs": 311,
    "core_rs/code_file/src/row.rs": 321,
    "core_rs/code_file/tests/code_file.rs": 322,
    "core_rs/code_file/tests/code_file_kinds.rs": 322,
    "core_rs/code_file/tests/code_file_table.rs": 329,
    "core_rs/code_file/tests/code_file_workbook.rs": 304,
    "core_rs/py/src/code_file.rs": 321,
    "core_rs/vault/tests/key_file.rs": 338,
    "core_rs/wire/src/rate.rs": 331,
    "gateway/_core.pyi": 312,
    "gateway/audit/checks.sql": 347,
    "gateway/catalog/administer.py": 345,
    "gateway/codes/stock.py": 349,
    "gateway/dispatch/dispatcher.py": 335,
    "gateway/dispatch/topups.py": 314,
    "gateway/ground/command/command.py": 337,
    "gateway/ground/config.py": 323,
    "gateway/ground/http/protocol.py": 344,
    "gateway/orders/intake.py": 350,
    "gateway/tables/0001_tables.sql": 458,
    "gateway/tables/0020_topups.sql": 360,
    "tests/contract/approvals/test_approvals.py": 322,
    "tests/contract/connectors/test_connector_conformance.py": 342,
    "tests/contract/connectors/test_connector_simulation.py": 310,
    "tests/contract/connectors/test_connector_transport.py": 305,
    "tests/contract/house/test_api_documents.py": 325,
    "tests/contract/orders/test_api_orders.py": 330,
    "tests/contract/partners/test_api_authentication.py": 346,
    "tests/integration/audit/test_invariants_guards.py": 307,
    "tests/integration/catalog/test_cli_catalog.py": 333,
    "tests/integration/codes/test_code_import.py": 312,
    "tests/integration/codes/test_expiry.py": 314,
    "tests/integration/codes/test_shelves.py": 309,
    "tests/integration/http/test_http_flow.py": 311,
    "tests/integration/redis/test_link.py": 322,
    "tests/integration/sql/test_embedded_directory.py": 349,
    "tests/integration/webhooks/test_webhooks.py": 338,
    "tests/property/orders/test_order_model.py": 322,
    "tests/unit/audit/test_anchors.py": 345,
    "tests/unit/connectors/test_connectors_dingconnect.py": 313,
    "tests/unit/connectors/test_connectors_fulu.py": 318,
    "tests/unit/connectors/test_connectors_kasushou.py": 320,
    "tests/world/audit_breaches.sql": 345,
}
# Applied when there was no limit, and what is applied is never edited.
OLD = {"0001_tables.sql", "0003_commit_orders.sql", "0020_topups.sql"}


def growth(lengths: dict[str, int], today: dict[str, int]) -> list[str]:
    """What is to be done about each file that is longer than it may be, or no longer long."""
    wrong = []
    for path, was in {**dict.fromkeys(lengths, FILE_LINES_MAX), **today}.items():
        lines = lengths.get(path, 0)
        if lines > was:
            wrong.append(f"{path}: {lines} lines, of at most {was}: divide it")
        elif path in today and lines <= FILE_LINES_MAX:
            wrong.append(f"{path}: {lines} lines: take it out of LONG_TODAY")
    return wrong


def test_no_long_file_grows() -> None:
    """The wall is a ratchet: a file over 300 lines does not grow, and no other gets there. Seen red
    by a line more in a file of each language.
    """
    measured = [*PYTHON, *RUST, *SQL, *MIGRATIONS, *SCRIPTS, *CLIENTS]
    lengths = {relative(p): len(p.read_text(encoding="utf-8").splitlines()) for p in measured}
    assert [] == growth(lengths, LONG_TODAY)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ({"new": 301}, ["new: 301 lines, of at most 300: divide it"]),
        ({"new": 300}, []),
        ({"old": 321}, ["old: 321 lines, of at most 320: divide it"]),
        ({"old": 320}, []),
        ({"old": 301}, []),
        ({"old": 300}, ["old: 300 lines: take it out of LONG_TODAY"]),
        ({}, ["old: 0 lines: take it out of LONG_TODAY"]),
    ],
    ids=str,
)
def test_the_ratchet_holds(lines: dict[str, int], told: list[str]) -> None:
    """Each way a file can go, at its edges."""
    assert told == growth(lines, {"old": 320} if "new" not in lines else {})


@pytest.mark.parametrize("path", RUST, ids=relative)
def test_rust_functions_stay_small(path: Path) -> None:
    """Rust is held to the same length, its tests as well."""
    lines = path.read_text(encoding="utf-8").splitlines()
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
def test_sql_functions_stay_small(path: Path) -> None:
    """SQL is source like any other: no function longer than a screen."""
    text = path.read_text(encoding="utf-8")
    long = [f"{name}: {lines}" for name, lines in sql_functions(text) if lines > FUNCTION_LINES_MAX]
    assert [] == long


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_script_functions_stay_small(path: Path) -> None:
    """The shell and its like are held to the same length."""
    lines = path.read_text(encoding="utf-8").splitlines()
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


@pytest.mark.parametrize("path", CLIENTS, ids=relative)
def test_functions_of_clients_stay_small(path: Path) -> None:
    """Partners read them; so Go, Java and TypeScript are held to the same length."""
    lines = path.read_text(encoding="utf-8").splitlines()
    long = [f"{name}: {n}" for name, n in braced_functions(lines) if n > FUNCTION_LINES_MAX]
    assert [] == long


def braced_functions(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Each function with its length in lines; formatters put its end under its beginning."""
    for at, line in enumerate(lines):
        match = re.match(
            r"([ \t]*)(?!if|for|while|switch|catch|synchronized|\}|//|\*)[^=;]*?(\w+)\(", line
        )
        if match is None:
            continue
        margin = re.escape(match[1])
        # Its head ends where its body begins, on this line or under it.
        head = next((n for n, each in enumerate(lines[at : at + 12]) if each.endswith("{")), None)
        if head is None or any(each.rstrip().endswith(";") for each in lines[at : at + head]):
            continue
        if head and not re.match(rf"{margin}[)}}\s].*\{{$", lines[at + head]):
            continue
        rest = enumerate(lines[at + head :], head + 1)
        yield match[2], next((n for n, each in rest if re.match(rf"{margin}\}}", each)), 0)


def test_clients_are_measured() -> None:
    """The pattern above finds the functions of each language, and one that is too long.

    Seen red with seventy lines more in a function of each.
    """
    go = ["func (c *Client) call(", "\tctx context.Context,", ") error {", *["\tx()"] * 80, "}"]
    java = ["    Order place(OrderIn in) throws Failure {", *["        x();"] * 80, "    }"]
    ts = ["  async place(order: OrderIn): Promise<Order> {", *["    x();"] * 80, "  }"]
    for text, name, length in ((go, "call", 84), (java, "place", 82), (ts, "place", 82)):
        assert (name, length) in list(braced_functions(text))
    for suffix, least in ((".go", 100), (".java", 100), (".ts", 60)):
        found = [
            name
            for path in CLIENTS
            if path.suffix == suffix
            for name, _ in braced_functions(path.read_text("utf-8").splitlines())
        ]
        assert len(found) > least, suffix


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
