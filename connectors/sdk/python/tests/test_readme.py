"""The README's five lines in Python run as they stand."""

import os
from pathlib import Path

import pytest
import quangate

from connectors.sdk.examples import check_python


def test_the_readmes_lines_run(live: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They order, and print the code; again it is the same code."""
    monkeypatch.setitem(os.environ, "QUANGATE_LIVE", live)
    check_python(tmp_path, str(Path(quangate.__file__).parents[1]))
