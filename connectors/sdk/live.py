"""A gateway that really runs, with its PostgreSQL, a simulated platform, and something to sell.

What clients are held against by `conformance/live.json`. It is set up by its command line alone.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from connectors.sdk.conformance.live_cases import AWAY, CODE, LISTED, NONE, PRICE, TOPUP

# As whoever runs it alone: nothing is imported from the working directory.
QUANGATE: Final = (sys.executable, "-E", "-P", "-u", "-m", "gateway")
SIMULATED: Final = ("--set", "userid=demo_userid", "--set", "apikey=demo_apikey")
CLOCK_OFF_S: Final = 3600
AT_ONCE: Final = 4  # commands
PATIENCE_S: Final = 300.0  # only ends what hangs


class LiveError(Exception):
    """The gateway did not start, or a command failed; says which."""


@contextmanager
def running(runs: Sequence[str]) -> Iterator[dict[str, str]]:
    """The world for these programs, each with a partner of its own: as environment."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quangate-live-")))
        said = stack.enter_context((folder / "log").open("w+", encoding="utf-8"))
        kept = {name: text for name, text in os.environ.items() if not name.startswith("QUANGATE_")}
        environment = {**kept, "QUANGATE_DATA": str(folder / "data")}
        platform = stack.enter_context(
            _listening(["upstream", "simulate", "kasushou", "--port", "0"], environment, said)
        )
        url = stack.enter_context(
            _listening(["serve", "--port", "0", "--workers", "1"], environment, said)
        )
        shop = Shop(environment)
        shop.stock_up(platform)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            keys = dict(zip(runs, pool.map(shop.keys, runs), strict=True))
        world = folder / "world.json"
        world.write_text(json.dumps({"url": url, "keys": keys}))
        world.chmod(0o600)
        yield {"QUANGATE_LIVE": str(world)}


@contextmanager
def _listening(arguments: list[str], environment: Mapping[str, str], log: Any) -> Iterator[str]:
    """A process in the background; the address it listens at. Raises LiveError."""
    with subprocess.Popen(  # noqa: S603
        [*QUANGATE, *arguments], env=environment, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process, ThreadPoolExecutor(1) as reader:  # fmt: skip
        assert process.stderr is not None
        try:
            url = None
            while url is None and (line := process.stderr.readline()):
                log.write(line)
                url = re.search(r"listening on (http://\S+)", line)
            if url is None:
                raise LiveError(f"quangate {arguments[0]} did not start: {line}")
            reader.submit(log.writelines, process.stderr)  # nobody waits for a full pipe
            yield url.group(1)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


class Shop:
    """What its operator does."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def quangate(self, *arguments: str) -> dict[str, Any]:
        """A command's answer. Raises LiveError."""
        ran = subprocess.run(  # noqa: S603
            [*QUANGATE, *arguments, "--json"], env=self._environment, text=True, check=False,
            capture_output=True, timeout=PATIENCE_S,
        )  # fmt: skip
        if ran.returncode:
            raise LiveError(f"quangate {' '.join(arguments[:2])}: {ran.stderr[-500:]}")
        found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return found

    def stock_up(self, platform: str) -> None:
        """Codes, top-ups by a platform that answers, and by one that does not."""
        self.quangate("pool", "create", "live")
        self.quangate("pool", "create", "live-none")
        self.quangate(
            "codes", "generate", "2000", "--pool", "live", "--pattern", "LIVE-AAAA-999999"
        )
        for name, url in (("live", platform), ("away", "http://127.0.0.1:2")):
            self.quangate(
                "upstream", "add", name, "--connector", "kasushou", "--base-url", url, *SIMULATED
            )
        for sku, pool in ((CODE, "live"), (LISTED, "live"), (NONE, "live-none")):
            self._sku(sku, "code", "--pool", pool)
        for sku, route in ((TOPUP, "live:1"), (AWAY, "away:1")):
            self._sku(sku, "topup", "--account-rule", "cn-mobile", "--route", route)

    def _sku(self, sku: str, kind: str, *more: str) -> None:
        self.quangate(
            "sku", "create", sku, "--name", sku, "--kind", kind, "--price", str(PRICE), *more
        )

    def keys(self, run: str) -> dict[str, Any]:
        """A partner and its keys, one of a stranger, and one of somebody without money."""
        partner, stranger, poor = (f"{run}-{name}" for name in ("partner", "stranger", "poor"))
        for name in (partner, stranger, poor):
            self.quangate("partner", "create", name)
        self.quangate("account", "deposit", partner, "10000000", "--reference", "live")
        made = {
            "main": self._key(partner),
            "second": self._key(partner),
            "revoked": self._key(partner),
            "reader": self._key(partner, "--scope", "orders:read"),
            "sandbox": self._key(partner, "--sandbox"),
            "stranger": self._key(stranger),
            "poor": self._key(poor),
        }
        self.quangate("key", "revoke", made["revoked"]["key_id"])
        main, second = made["main"], made["second"]
        both = {**main["delivery_keys"], **second["delivery_keys"]}
        return {
            **made,
            "wrong": {**main, "secret": made["stranger"]["secret"]},
            "rotated": {**second, "delivery_keys": both},
            "lost": {**main, "delivery_keys": second["delivery_keys"]},
            "slow": {**main, "offset_s": -CLOCK_OFF_S},
            "fast": {**main, "offset_s": CLOCK_OFF_S},
            "run": f"{run}{secrets.token_hex(4)}",
        }

    def _key(self, partner: str, *more: str) -> dict[str, Any]:
        made = self.quangate("key", "create", partner, *more)
        delivery_keys = {made["key_id"]: made["delivery_key"]}
        return {"key_id": made["key_id"], "secret": made["secret"], "delivery_keys": delivery_keys}
