"""What `make test` says while it runs."""

import subprocess
import sys
from pathlib import Path

from tests.unit.house.sources import ROOT

CONFTEST = "from tests.told_at_once import tell_at_once as pytest_configure\n"
CUT_SHORT = """\
import os

def test_of_two_lines():
    raise ValueError("the lock was lost\\nand more of it")

def test_that_ends_the_run():
    os._exit(9)
"""


def run(directory: Path, *arguments: str) -> str:
    """What pytest prints for the tests of a directory."""
    (directory / "pytest.ini").write_text("[pytest]\n")
    (directory / "conftest.py").write_text(CONFTEST)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=directory, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout


def test_a_run_that_is_cut_short_has_named_its_failures(tmp_path: Path) -> None:
    """Each with the first line of why. Seen red without the hook: only dots were there."""
    (tmp_path / "test_it.py").write_text(CUT_SHORT)
    said = run(tmp_path).splitlines()
    assert "RED test_it.py::test_of_two_lines (call): ValueError: the lock was lost" in said


def test_workers_leave_it_to_who_hands_out_the_tests(tmp_path: Path) -> None:
    """With several workers a failure is named once, ahead of the whole story at the end. Seen red
    without the hook.
    """
    (tmp_path / "test_it.py").write_text("def test_one():\n    assert 1 == 2\n")
    said = run(tmp_path, "-n", "1")
    line = "RED test_it.py::test_one (call): assert 1 == 2"
    assert 1 == said.count(line)
    assert said.index(line) < said.index("= FAILURES =")
