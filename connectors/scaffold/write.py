"""Writes `example` under another name, as a package that can be installed and tested."""

import keyword
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*").fullmatch
NAME_MAX: Final = 40
MODULES: Final = ("__init__", "wire", "connector", "simulator")
PYPROJECT: Final = """[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"

[project]
name = "quangate-{dashed}"
version = "0.1.0"
description = "Quangate's connector {name}."
requires-python = ">=3.11"
# It is installed beside quangate, whose `connectors` it is written against.
dependencies = []

[project.entry-points."quangate.connectors"]
{name} = "{package}:ENTRY"

[tool.setuptools]
packages = ["{package}"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""
README: Final = """# quangate-{dashed}

A connector of Quangate. `{package}/wire.py` has the platform's words, `connector.py` what it
asks and reads, `simulator.py` the platform from the other side. Replace the platform, keep the
shape: the rules are in `connectors/README.md` of Quangate.

```
pip install .
python -m pytest
quangate upstream connectors
quangate upstream simulate {name} --port 9001
quangate upstream add {name} --connector {name} --base-url http://127.0.0.1:9001 \\
  --set app_id=demo_app_id --set secret=demo_secret
```
"""


class ScaffoldError(ValueError):
    """It cannot be written; the message says why and what to do."""


def scaffold(name: str, directory: Path, taken: Mapping[str, object]) -> list[str]:
    """Write the package into a directory that is not there, or is empty: all of it or nothing.
    Returns the files. Raises `ScaffoldError`.
    """
    if not _NAME(name) or len(name) > NAME_MAX or keyword.iskeyword(name):
        raise ScaffoldError(
            f"a name is a-z and 0-9 in words joined by - or _, at most {NAME_MAX} signs"
        )
    if name in taken:
        raise ScaffoldError(f"{name} is a connector that is there; take another name")
    if directory.is_dir() and not directory.is_symlink():
        if any(directory.iterdir()):
            raise ScaffoldError(f"{directory} is not empty; name another directory with --to")
    elif directory.exists() or directory.is_symlink():
        raise ScaffoldError(f"{directory} is there, and is no directory")
    made = written(name)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{name}-") as aside:
            whole = Path(aside) / "whole"
            for path, text in made.items():
                (whole / path).parent.mkdir(parents=True, exist_ok=True)
                (whole / path).write_text(text, encoding="utf-8")
            if directory.is_dir():
                directory.rmdir()
            shutil.move(whole, directory)
    except OSError as error:
        raise ScaffoldError(f"cannot write {directory}: {error.strerror}") from None
    return sorted(made)


def written(name: str) -> dict[str, str]:
    """The files of a package, by their path."""
    package = f"quangate_{name.replace('-', '_')}"
    words = {"name": name, "dashed": name.replace("_", "-"), "package": package}
    made = {"pyproject.toml": PYPROJECT.format(**words), "README.md": README.format(**words)}
    for module in MODULES:
        made[f"{package}/{module}.py"] = _renamed(f"{module}.py", name, package)
    test = f"tests/test_{name.replace('-', '_')}.py"
    made[test] = _renamed("test_example.py", name, package)
    return made


def _renamed(file: str, name: str, package: str) -> str:
    text = (files("connectors.scaffold.example") / file).read_text(encoding="utf-8")
    title = "".join(word.capitalize() for word in re.split("[-_]", name))
    text = text.replace("connectors.scaffold.example", package)
    return text.replace('"example"', f'"{name}"').replace("Example", title)
