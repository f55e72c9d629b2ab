"""`quangate upstream simulate`: a simulator as a process of its own."""

import json
import re
import signal
import subprocess
import sys
import urllib.request

from tests.clock import PATIENCE_S
from tests.conftest import run_cli


def test_a_simulator_runs_until_it_is_stopped() -> None:
    """It says where it listens, shows its ledger, and ends with 0 on SIGTERM."""
    words = [sys.executable, "-m", "gateway", "upstream", "simulate", "fulu", "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        with urllib.request.urlopen(f"{found[1]}/_ledger", timeout=PATIENCE_S) as answer:
            assert json.load(answer) == {"executions": []}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0


def test_an_unknown_connector_is_wrong_usage() -> None:
    """The error lists the connectors there are."""
    done = run_cli("upstream", "simulate", "nobody", "--port", "0", "--json", environment={})
    assert done.returncode == 2
    assert "fulu" in done.json["error"]["detail"]
