"""The list of faults names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIST = (ROOT / "tests/chaos/faults.md").read_text(encoding="utf-8")


def named() -> list[tuple[str, str]]:
    """(file, function or "") of each test; `::name` alone is in the file named before it."""
    found, file = [], ""
    for path, function in re.findall(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`", LIST):
        file = path or file
        if file and (path or function):
            found.append((file, function))
    return found


def test_the_list_is_read() -> None:
    """Else the next test would look at nothing."""
    assert len(named()) > 20


@pytest.mark.parametrize(("file", "function"), named())
def test_each_is_there(file: str, function: str) -> None:
    """Seen red with a function's name misspelt."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^(?:async )?def {function or 'test_'}", text, re.MULTILINE)


@pytest.mark.parametrize("number", range(13, 32))
def test_each_fault_has_its_row(number: int) -> None:
    """13 to 31. Seen red with a row left out."""
    assert re.search(rf"^\| (?:\d+, )?{number}\b", LIST, re.MULTILINE)
