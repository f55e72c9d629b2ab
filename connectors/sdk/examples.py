"""The README's five lines of each client, run as they stand against a running gateway.

What stands in them for a reader's own (address, keys, number, SKU) is replaced by the world's.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from connectors.sdk.conformance.live_cases import CODE

ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 300.0  # only ends what hangs
FENCES: Final = {"python": "python", "typescript": "ts", "go": "go", "java": "java"}
GO: Final = """\
package main

import (
	"context"
	"fmt"
	"quangate"
)

func main() {
	ctx := context.Background()
%s
	if err != nil {
		panic(err)
	}
}
"""
JAVA: Final = """\
import quangate.*;

public final class Run {
    public static void main(String[] arguments) {
%s
    }
}
"""
FILES: Final = {
    "python": ("run.py", "%s"), "typescript": ("run.mjs", "%s"),
    "go": ("main.go", GO), "java": ("Run.java", JAVA),
}  # fmt: skip


class ExampleError(Exception):
    """An example does not do what it says."""


def lines_of(language: str) -> str:
    """The README's. Raises ExampleError."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.findall(rf"```{FENCES[language]}\n(.*?)```", text, re.DOTALL)
    if len(found) != 1:
        raise ExampleError(f"the README has {len(found)} examples in {language}")
    return str(found[0]).rstrip("\n")


def write(language: str, world: Mapping[str, Any], run: str, number: str, place: Path) -> Path:
    """The example as a program for a run's main key. Raises ExampleError."""
    key = world["keys"][run]["main"]
    text = lines_of(language)
    for said, ours in {
        "https://gateway.example": world["url"], "qk_…": key["key_id"], "qs_…": key["secret"],
        "qd_…": key["delivery_keys"][key["key_id"]], "VIP-MONTH": CODE, '"A1"': f'"{number}"',
    }.items():  # fmt: skip
        if said not in text:
            raise ExampleError(f"the README's example in {language} has no {said}")
        text = text.replace(said, ours)
    name, around = FILES[language]
    program = place / name
    program.write_text(around % text, "utf-8")
    return program


def check(language: str, run: str, place: Path, *command: str, **environment: str) -> None:
    """Run it twice: it prints one code, the same again. Raises ExampleError."""
    world = json.loads(Path(os.environ["QUANGATE_LIVE"]).read_text("utf-8"))
    program = write(language, world, run, f"README-{run}", place)
    words = [*command, str(program)]
    first, again = (_said(words, place, environment) for _ in range(2))
    if not re.fullmatch(r"LIVE-[A-Z]{4}-\d{6}", first) or first != again:
        raise ExampleError(f"the README's example in {language} printed {first!r}, then {again!r}")


def _said(words: Sequence[str], place: Path, more: Mapping[str, str]) -> str:
    ran = subprocess.run(  # noqa: S603
        words, cwd=place, env={**os.environ, **more}, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise ExampleError(f"{words[0]} ended with {ran.returncode}: {ran.stderr[-800:]}")
    return ran.stdout.strip()


def check_python(place: Path, package: str) -> None:
    """With a package that lies somewhere. Raises ExampleError."""
    check("python", "python-waiting", place, sys.executable, PYTHONPATH=package)
