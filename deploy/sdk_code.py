"""Makes what is made of the partners' clients, from the API as it is now: `make sdk-code`."""

import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

from connectors.sdk import go_code, java_code, python_code, typescript_code
from connectors.sdk.conformance import make
from connectors.sdk.shape import shape_of
from gateway.ground.http.openapi import document
from gateway.routes import SPOKEN

ROOT: Final = Path(__file__).parents[1]
SDK: Final = ROOT / "connectors" / "sdk"
PYTHON: Final = SDK / "python" / "src" / "quangate"
JAVA: Final = SDK / "java" / "src" / "main" / "java" / "quangate"
BY_HAND: Final = ("async_calling.py", "async_client.py", "async_orders.py")


def laid_out(text: str, *command: str) -> str:
    """The text as a formatter has it. Raises CalledProcessError."""
    ran = subprocess.run(command, input=text.encode(), cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    return ran.stdout.decode()


def python_layout(path: Path, text: str) -> str:
    """As `make fmt` leaves it there."""
    ruff = str(Path(sys.executable).parent / "ruff")
    at = ("--stdin-filename", str(path), "-")
    sorted_ = laid_out(text, ruff, "check", "-q", "--select", "I", "--fix", *at)
    return laid_out(sorted_, ruff, "format", *at)


def files() -> dict[Path, str]:
    """Every made file as it has to be; Go's only where `gofmt` is."""
    shape = shape_of(document(SPOKEN))
    by_hand = {name: (PYTHON / name).read_text("utf-8") for name in BY_HAND}
    made = {
        PYTHON / name: python_layout(PYTHON / name, text)
        for name, text in python_code.files(shape, by_hand).items()
    }
    made |= {
        SDK / "typescript" / "src" / name: text
        for name, text in typescript_code.files(shape).items()
    }
    if shutil.which("gofmt"):
        made |= {
            SDK / "go" / name: laid_out(text, "gofmt")
            for name, text in go_code.files(shape).items()
        }
    made |= {JAVA / name: text for name, text in java_code.files(shape).items()}
    return made | {
        SDK / "conformance" / name: make.text(cases) for name, cases in make.files().items()
    }


def forgotten(made: Collection[Path]) -> list[Path]:
    """Java's files that are made no more: each model and problem has one of its own."""
    there = [path for path in sorted(JAVA.glob("*.java")) if path not in made]
    return [path for path in there if path.read_text("utf-8").startswith(java_code.HEAD)]


if __name__ == "__main__":
    to_be = files()
    for path, text in to_be.items():
        path.write_text(text, encoding="utf-8")
    for path in forgotten(to_be):
        path.unlink()
