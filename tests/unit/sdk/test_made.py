"""The partners' clients are made from the API as it is, and their cases from `make.py`."""

import importlib.util
import json
from pathlib import Path
from typing import Any

from connectors.sdk.build import TOOLS, main, missing

ROOT = Path(__file__).parents[3]


def maker() -> Any:
    """The script that makes them."""
    spec = importlib.util.spec_from_file_location("sdk_code", ROOT / "deploy/sdk_code.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_made_is_of_today() -> None:
    """`make sdk-code` was run after the last change of the API, of a writer, or of a case."""
    making = maker()
    made = making.files()
    old = [
        str(path.relative_to(ROOT))
        for path, text in made.items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    assert old == []
    assert making.forgotten(made) == []


def test_there_are_enough_cases() -> None:
    """A hundred and fifty at least, each with a name of its own."""
    files = sorted((ROOT / "connectors/sdk/conformance").glob("*.json"))
    names = [one["name"] for file in files for one in json.loads(file.read_text("ascii"))]
    assert len(names) >= 150
    assert len(set(names)) == len(names)


def test_a_missing_toolchain_is_named(monkeypatch: Any, capsys: Any) -> None:
    """Before anything is built, with what brings it; so is a language that there is none for."""
    monkeypatch.setenv("PATH", "/nowhere")
    named = missing(list(TOOLS))
    assert {line.split()[0] for line in named} == {"typescript", "go", "java"}
    assert main(["go"]) == 1
    assert "go needs go, which is missing" in capsys.readouterr().err
    assert main(["cobol"]) == 1
    assert "no client in cobol" in capsys.readouterr().err
