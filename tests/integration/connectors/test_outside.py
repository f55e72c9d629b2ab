"""Connectors from outside the tree: written by `upstream scaffold`, installed, tested, listed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors import registry
from connectors.scaffold.write import ScaffoldError, scaffold

BROKEN = """Metadata-Version: 2.1
Name: quangate-broken
Version: 1
"""


def quangate(
    *arguments: str, cwd: Path, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """The command as it is typed, with a directory of installed packages beside it."""
    return python("-m", "gateway", *arguments, cwd=cwd, path=path)


def python(
    *arguments: str, cwd: Path, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A process of its own: entry points are looked up once."""
    root = str(Path(registry.__file__).parents[1])
    where = os.pathsep.join([*([str(path)] if path else []), root])
    environment = {**os.environ, "PYTHONPATH": where}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def listed(cwd: Path, path: Path) -> dict[str, dict[str, object]]:
    """`upstream connectors --json`, by name."""
    done = quangate("upstream", "connectors", "--json", cwd=cwd, path=path)
    assert done.returncode == 0, done.stderr
    return {one["connector"]: one for one in json.loads(done.stdout)["connectors"]}


def test_a_scaffold_is_installed_tested_and_known(tmp_path: Path) -> None:
    """`scaffold`, `pip install DIR`, `python -m pytest DIR`, `upstream connectors`: for real."""
    package, beside = tmp_path / "lan-yun", tmp_path / "site"
    made = quangate("upstream", "scaffold", "lan-yun", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["directory"] == "lan-yun"
    installed = python(
        "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--target", str(beside), str(package), cwd=tmp_path,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    tested = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package), cwd=tmp_path, path=beside
    )
    assert tested.returncode == 0, tested.stdout
    assert " passed" in tested.stdout
    one = listed(tmp_path, beside)["lan-yun"]
    assert one["source"] == "quangate-lan-yun"
    assert {"name": "secret", "required": True, "secret": True, "default": None} in one["settings"]  # type: ignore[operator]
    assert "error" not in one


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("no_such_module_at_all:ENTRY", "ModuleNotFoundError"),
        ("json:loads", "no connectors.entry.Entry"),
        ("quangate_broken:ENTRY", "SystemExit"),
    ],
)
def test_one_that_fails_to_load_is_listed_and_breaks_nothing(
    tmp_path: Path, value: str, words: str
) -> None:
    """With its error; all the others are as they were, and a name of ours cannot be taken."""
    beside = tmp_path / "site"  # nothing is imported from where the command stands
    info = beside / "quangate_broken-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(BROKEN)
    (info / "entry_points.txt").write_text(
        f"[quangate.connectors]\nbroken = {value}\nfulu = {value}\n"
    )
    (beside / "quangate_broken.py").write_text("raise SystemExit(3)\n")
    done = quangate("upstream", "connectors", "--json", cwd=tmp_path, path=beside)
    rows = json.loads(done.stdout)["connectors"]
    broken = [one for one in rows if one["source"] == "quangate-broken"]
    assert {one["connector"] for one in broken} == {"broken", "fulu"}
    assert all(one["settings"] == [] and one["error"] for one in broken)
    assert any(words in one["error"] for one in broken)
    others = [one["connector"] for one in rows if one["source"] == "built-in"]
    assert others == list(registry.CONNECTORS)


@pytest.mark.parametrize(
    "name", ["", "Lan", "1x", "a b", "../x", "a/b", "x" * 41, "class", "fulu", "-x", "a--b"]
)
def test_unsafe_names_are_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written for a name that is no word, or that is taken."""
    with pytest.raises(ScaffoldError):
        scaffold(name, tmp_path / "made", registry.CONNECTORS)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    """A directory with anything in it, and a file, are left as they are."""
    (tmp_path / "kept").write_text("mine")
    for place in (tmp_path, tmp_path / "kept"):
        with pytest.raises(ScaffoldError):
            scaffold("lanyun", place, registry.CONNECTORS)
    assert (tmp_path / "kept").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert scaffold("lanyun", empty, registry.CONNECTORS)
