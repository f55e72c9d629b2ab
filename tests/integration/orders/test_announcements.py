"""A running gateway hears of every administrative change."""

import asyncio
from typing import Any

from tests.clock import PATIENCE_S
from tests.conftest import Cli

CHANGES = [
    ("partner", "create", "heard"),
    ("key", "create", "heard"),
    ("pool", "create", "heard"),
    ("sku", "create", "heard", "--name", "x", "--kind", "code", "--pool", "heard", "--price", "1"),
    ("sku", "price", "heard", "2"),
    ("sku", "price", "heard", "2", "--partner", "heard"),
    ("sku", "off-sale", "heard"),
    ("campaign", "create", "heard", "--sku", "heard", "--from", "2030-01-01T00:00:00Z", "--to",
     "2030-01-02T00:00:00Z"),
    ("webhook", "set", "heard", "https://heard.example"),
    ("webhook", "secret", "heard", "--rotate"),
    ("upstream", "add", "heard", "--connector", "fulu", "--base-url", "http://127.0.0.1:9", "--set",
     "app_key=k", "--set", "secret=s"),
    ("upstream", "pause", "heard"),
    ("keys", "rotate"),
]  # fmt: skip


async def test_every_change_is_announced(command: Cli, connection: Any) -> None:
    """A running gateway hears of each change at its commit, so that it acts within a second."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener("quangate", lambda *news: heard.put_nowait(news[-1]))
    for words in CHANGES:
        done = await asyncio.to_thread(command, *words, "--json")
        assert done.returncode == 0, (words, done.stderr)
        assert await asyncio.wait_for(heard.get(), PATIENCE_S) == "catalog", words
        while not heard.empty():
            heard.get_nowait()
