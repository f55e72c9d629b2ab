"""What the program tells operators beside its pages: read out of the sources that say it.

A text with facts is a sentence whose facts are {1}, {2} …, in the order of the English.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.audit.run import INVARIANTS
from gateway.features import FEATURES
from gateway.ground.desk.html.wording import human
from gateway.ground.feature import PACKAGE

CODE_FILE: Final = PACKAGE.parent / "core_rs/code_file/src"
SQL_TEXT: Final = re.compile(r"--[^\n]*|(format\()?'((?:[^']|'')*)'")
FACT: Final = re.compile(r"%[sLI]")
RUST_TEXT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
RUST_FACT: Final = re.compile(r"\{\w*\}")
RUST_BEGINS: Final = re.compile(
    r"(an?|it|no|the|some|most|nobody|every|this|there|line|more|binary) "
)
IN_PYTHON: Final = (
    "alerts/seen.py", "alerts/administer_notifiers.py", "audit/run.py", "health/doctor.py",
    "health/look_at_replica.py", "ground/http/front.py",
)  # fmt: skip
IN_RUST: Final = ("assign", "foreign", "sheets", "sniff", "workbook")
# Intervals, a kind of process, statements to be typed, and subjects, which are names.
NOT_WORDS: Final = re.compile(
    r"\d+ \w+|autovacuum worker|.*pg_\w+\(.*|ROLLBACK .*|(session|slot|prepared) \{.*|url \{1\}"
)


def of_settings() -> Iterator[str]:
    """What each setting is, and what it is counted in."""
    for feature in FEATURES:
        for setting in feature.settings.values():
            yield setting.doc
            yield setting.unit


def of_sql(path: Path) -> Iterator[str]:
    """Sentences that statements give: of `format`, and as they stand."""
    for found in SQL_TEXT.finditer(path.read_text(encoding="utf-8")):
        text = (found[2] or "").replace("''", "'")
        if is_sentence(text):
            yield numbered(text)


def of_python(path: Path, calls: frozenset[str] | None = None) -> Iterator[str]:
    """Sentences of a module, without its docstrings; `calls`: only what these are given."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner.add(node.value)
        if isinstance(node, ast.JoinedStr):
            inner.update(each for each in ast.walk(node) if each is not node)
    of_calls = [
        each for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (calls or ())
        for each in node.args
    ]  # fmt: skip
    for node in ast.walk(tree) if calls is None else of_calls:
        text = None if node in inner else template(node)
        if text is not None and is_sentence(text):
            yield text


def of_rust(path: Path) -> Iterator[str]:
    """Why a code file is refused, or not certain."""
    code = path.read_text(encoding="utf-8").partition("#[cfg(test)]")[0]
    for text in RUST_TEXT.findall(re.sub(r"(?m)^\s*//.*$", "", code)):
        said = re.sub(r"\\\n\s*", "", text)
        if RUST_BEGINS.match(said):
            yield numbered(said, RUST_FACT)


def of_verdicts() -> Iterator[str]:
    """What a line of a code file came to, in lists and in counts."""
    reasons = re.findall(r'=> "(\w+)"', (CODE_FILE / "reason.rs").read_text(encoding="utf-8"))
    for verdict, whys in (("rejected", reasons), ("duplicate", ["in_file", "in_pool"])):
        yield verdict
        for why in whys:
            yield human(why)
            yield human(f"{verdict}: {why}")


def template(node: ast.AST) -> str | None:
    """Of a constant, or of an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    return numbered(
        "".join(str(p.value) if isinstance(p, ast.Constant) else "%s" for p in node.values)
    )


def numbered(text: str, fact: re.Pattern[str] = FACT) -> str:
    """With its facts by number; what ends with a space goes on with one."""
    numbers = iter(range(1, 100))
    text = f"{text}%s" if text.endswith(" ") and fact is FACT else text
    return fact.sub(lambda _: f"{{{next(numbers)}}}", text)


def is_sentence(text: str) -> bool:
    """Words with spaces between them, and not only facts."""
    if NOT_WORDS.fullmatch(numbered(text)):
        return False
    words = FACT.sub("", re.sub(r"\{\d\}", "", text))
    return " " in text.strip() and re.search(r"[a-z]{2}", words) is not None


def all_told() -> Iterator[str]:
    """All of it."""
    yield from of_settings()
    yield from INVARIANTS.values()
    yield from of_sql(PACKAGE / "alerts/conditions.sql")
    yield from of_sql(PACKAGE / "audit/routines_guards.sql")
    for feature in FEATURES:
        for path in feature.files("checks"):
            yield from of_sql(path)
    for name in IN_PYTHON:
        yield from of_python(PACKAGE / name)
    yield from of_python(PACKAGE / "codes/administer.py", frozenset({"warn"}))
    yield from of_rust(CODE_FILE / "lib.rs")
    for name in IN_RUST:
        yield from of_rust(CODE_FILE / f"{name}.rs")
    yield from of_verdicts()
