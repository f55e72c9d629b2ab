"""A small shop with a server of its own, made and asked by the command line, and its followers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.ground.config import Config
from tests.chaos.processes import ROOT, GatewayProcess
from tests.clock import PATIENCE_S
from tests.conftest import Finished, run_cli

CODES = 40
PARTNER, POOL, SKU = "acme", "vip", "V"


class ShopDirectory:
    """A shop in a data directory; `data` is one of another shop when it is restored."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *words: str) -> Finished:
        """Run a command here."""
        return run_cli(*words, environment={"QUANGATE_DATA": str(self.data)})

    def asked(self, *words: str) -> Any:
        """What a command answers, which has to succeed."""
        done = self(*words, "--json")
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.json

    def refused(self, *words: str) -> str:
        """The code of a command's refusal."""
        done = self(*words, "--json")
        assert done.returncode != 0, (words, done.stdout)
        return str(done.json["error"]["code"])

    def order(self, gateway: GatewayProcess, number: str) -> Any:
        """An order through the gateway: what `order place` prints, an error too."""
        place = ("order", "place", "--as", PARTNER, "--sku", SKU, "--out-no", number)
        return self(*place, "--url", gateway.url, "--json").json

    def gateway(self, log: Path, **more: Any) -> GatewayProcess:
        """A gateway on it, not started yet."""
        return GatewayProcess(Config(data=self.data), log, **more)

    def numbers(self) -> set[str]:
        """The numbers of all orders it has."""
        rows = self.asked("order", "list", "--partner", PARTNER)["orders"]
        return {row["out_order_no"] for row in rows}


def open_shop(data: Path) -> ShopDirectory:
    """A new shop with a partner, money and codes."""
    shop = ShopDirectory(data)
    shop.asked("partner", "create", PARTNER)
    shop.asked("account", "deposit", PARTNER, "1000000", "--reference", "start")
    shop.asked("pool", "create", POOL)
    shop.asked("codes", "generate", str(CODES), "--pool", POOL, "--pattern", "AAAA-9999-####")
    shop.asked(
        "sku", "create", SKU, "--name", SKU, "--kind", "code", "--pool", POOL, "--price", "5"
    )
    return shop


def restored(shop: ShopDirectory, source: Path, data: Path, *more: str) -> ShopDirectory:
    """The shop of a backup, with the key file of the one it was taken from."""
    new = ShopDirectory(data)
    new.asked("restore", str(source), *more)
    shutil.copy(shop.data / "kek", data / "kek")
    return new


@contextmanager
def directory() -> Iterator[Path]:
    """A directory that PostgreSQL's own user may pass; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="quangate-backup-") as path:
        yield Path(path)


class Follower:
    """`quangate backup follow` in a process of its own."""

    def __init__(
        self, shop: ShopDirectory, place: Path, log: Path, *more: str, database: str = ""
    ) -> None:
        """`database`: of a server of its own."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("QUANGATE_")}
        self._log = log
        with log.open("w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "backup", "follow", str(place), *more],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={
                    **inherited,
                    "QUANGATE_DATA": str(shop.data),
                    "QUANGATE_DATABASE_URL": database,
                },
                cwd=ROOT,
            )

    def follows(self) -> "Follower":
        """Wait until it says so."""
        deadline = time.monotonic() + PATIENCE_S
        while "following" not in self.said():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)
        return self

    def said(self) -> str:
        """All it printed."""
        return self._log.read_text(encoding="utf-8")

    @property
    def receivers(self) -> list[int]:
        """The programs that receive the log for it."""
        found = []
        for path in Path("/proc").glob("[0-9]*/status"):
            try:
                text = path.read_text()
            except OSError:
                continue
            if f"\nPPid:\t{self._process.pid}\n" in text and "pg_receivewal" in text:
                found.append(int(path.parent.name))
        return found

    def kill(self) -> None:
        """As if its machine went."""
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """SIGTERM; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_S)
