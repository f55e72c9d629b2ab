"""The burst's top-ups fit the schema and add up; its callbacks are what the connector takes."""

import json
import time
from pathlib import Path
from typing import Any

from bench.callback_burst import write_callbacks, write_topups_under_way
from bench.shop import PARTNER
from bench.topup_house import CONFIGURED, CONNECTOR, SKU, UPSTREAM
from connectors import registry
from connectors.contract import CallbackRequest
from tests.conftest import Cli

COUNT = 40


async def test_the_written_topups_are_consistent(cli: Cli, connection: Any) -> None:
    """They are under way, paid for, and nothing is wrong by the audit's own rules."""
    settings = [part for pair in CONFIGURED.items() for part in ("--set", "=".join(pair))]
    for command in (
        ("partner", "create", PARTNER),
        ("account", "deposit", PARTNER, "1000000", "--reference", "bench"),
        ("upstream", "add", UPSTREAM, "--connector", CONNECTOR, "--base-url", "http://127.0.0.1:9",
         *settings),
        ("sku", "create", SKU, "--name", SKU, "--kind", "topup", "--price", "1000",
         "--account-rule", "cn-mobile", "--route", f"{UPSTREAM}:1"),
    ):  # fmt: skip
        done = cli(*command, "--json")
        assert done.returncode == 0, done.stderr

    attempt_ids = await write_topups_under_way(connection, COUNT)

    assert len(set(attempt_ids)) == COUNT
    states = await connection.fetch("SELECT DISTINCT state FROM attempt")
    assert [row["state"] for row in states] == ["accepted"]
    audited = cli("audit", "--json")
    assert json.loads(audited.stdout.splitlines()[-1])["ok"], audited.stdout


def test_the_callbacks_are_signed_for_the_connector(tmp_path: Path) -> None:
    """Each names its attempt, is trusted and tells a success."""
    path = tmp_path / "callbacks"
    write_callbacks(path, [7, 8])
    connector = registry.create(CONNECTOR, "http://127.0.0.1:9", CONFIGURED)
    data = path.read_bytes()
    events = []
    while data:
        request, data = data[8 : 8 + int(data[:8])], data[8 + int(data[:8]) :]
        head, _, body = request.partition(b"\r\n\r\n")
        assert head.startswith(f"POST /callbacks/{UPSTREAM} HTTP/1.1\r\n".encode())
        call = CallbackRequest(
            method="POST", path=f"/callbacks/{UPSTREAM}", headers={}, query="", body=body
        )
        events.append(connector.parse_callback(call, time.time()))
    assert [(e.attempt_no, e.trusted, str(e.answer.kind)) for e in events] == [
        ("7", True, "success"),
        ("8", True, "success"),
    ]
