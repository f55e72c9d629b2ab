"""Writes the cases. The signatures and sealed codes in them are made here, by nobody's client.

python -m connectors.sdk.conformance.make
"""

import json
from pathlib import Path
from typing import Any, Final

from connectors.sdk.conformance import (
    answer_cases,
    code_cases,
    live_cases,
    retry_cases,
    signing_cases,
    webhook_cases,
)

HERE: Final = Path(__file__).parent


def files() -> dict[str, list[dict[str, Any]]]:
    """Each file's cases, by its name."""
    return {
        "signing.json": signing_cases.cases(),
        "codes.json": code_cases.cases(),
        "webhooks.json": webhook_cases.cases(),
        "answers.json": answer_cases.cases(),
        "retries.json": retry_cases.cases(),
        "delays.json": retry_cases.delays(),
        "live.json": live_cases.cases(),
    }


def text(cases: list[dict[str, Any]]) -> str:
    """A file: one case a line, so that a difference is seen."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    for name, cases in files().items():
        (HERE / name).write_text(text(cases), encoding="ascii")
