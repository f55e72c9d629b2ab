"""I12: no secret leaves, whatever goes wrong. A run full of errors, searched for marked canaries.

Seen red with a request's headers added to the log line of each request, and with the key file
logged in hexadecimal when the vault opens.
"""

import base64
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from gateway.ground.config import Config
from gateway.ground.sql.embedded import EmbeddedServer
from tests.chaos.buyers import Buyers, buyers_of
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import World, build_world, connected
from tests.conftest import run_cli

CANARY = "CANARY7QZX"  # part of every code in the imported file
CHOKE = """
CREATE FUNCTION choke() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'poison' USING ERRCODE = 'XX000'; END $$;
CREATE TRIGGER choke BEFORE INSERT ON orders FOR EACH ROW
    WHEN (NEW.out_order_no LIKE 'poison%') EXECUTE FUNCTION choke();
"""


@pytest.fixture
async def config() -> AsyncIterator[Config]:
    """A data directory of this test alone, whose whole content can be searched."""
    with tempfile.TemporaryDirectory(prefix="quangate-secrets-") as directory:
        yield Config(data=Path(directory) / "data")


async def test_no_secret_leaves(config: Config, tmp_path: Path) -> None:
    """Codes, API secrets, delivery keys and key file: in no log, error, metric, process, report."""
    world = await build_world(config, codes=20)
    outputs = _import_codes(config, tmp_path)
    log = tmp_path / "log"
    async with (
        GatewayProcess(config, log, settings={"QUANGATE_LOG_LEVEL": "debug"}) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        bodies = await _go_wrong(config, gateway, buyers)
        outputs |= _process_files(gateway.pid)
        assert await gateway.terminate() == 0, gateway.said()
    outputs["gateway log"] = log.read_bytes()
    outputs["postgres log"] = (config.data / "postgres/server.log").read_bytes()
    outputs["audit"] = run_cli("audit", "--json", environment=_settings(config)).stdout.encode()
    outputs |= {f"error body {n}": body for n, body in enumerate(bodies)}
    assert len(bodies) > 10
    found = [
        f"{secret} in {place}"
        for place, text in outputs.items()
        for secret, needles in _canaries(config, world, buyers).items()
        for needle in needles
        if needle in text
    ]
    assert found == []


def _process_files(pid: int) -> dict[str, bytes]:
    """What others can read of a process. That they may not is the best answer: it made itself
    undumpable, and then only root reads the environment of a process, even of one's own."""
    read = {}
    for name in ("cmdline", "environ", "status"):
        try:
            read[name] = Path(f"/proc/{pid}/{name}").read_bytes()
        except PermissionError:
            assert name == "environ", name
            assert os.geteuid() != 0
    return read


def _canaries(config: Config, world: World, buyers: Buyers) -> dict[str, list[bytes]]:
    """Each secret in the forms it could leak in."""
    kek = (config.data / "kek").read_bytes()
    keys = [line for line in kek.split() if len(line) >= 32] or [kek[-32:]]
    credentials = world.credentials
    return {
        "an imported code": [CANARY.encode(), base64.b64encode(CANARY.encode())[:12]],
        "a sold code": [code.encode() for code in buyers.ledger.owner],
        "the API secret": _forms(credentials.secret.removeprefix("qs_")),
        "the delivery key": _forms(credentials.delivery_key.removeprefix("qd_")),
        "the key file": [
            form
            for key in (*keys, kek)
            for form in (key, key.hex().encode(), base64.b64encode(key)[:40])
        ],
    }


def _forms(text: str) -> list[bytes]:
    raw = base64.urlsafe_b64decode(text + "==")
    return [text.encode(), raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")]


def _settings(config: Config) -> dict[str, str]:
    return {"QUANGATE_DATA": str(config.data), "QUANGATE_LOG_LEVEL": "debug"}


def _import_codes(config: Config, directory: Path) -> dict[str, bytes]:
    """Import a file with good, double, bad and unreadable lines; all that was said and written."""
    rows = [f"{CANARY}{n:04d},{CANARY}PIN{n}" for n in range(50)]
    bad = [rows[0], f"{CANARY}" + "X" * 5000, f"{CANARY}\x00zero,1,2,3,4,5,6,7,8,9", ""]
    source, report = directory / "codes.csv", directory / "report.csv"
    source.write_bytes(("code,pin\n" + "\n".join(rows + bad) + "\n").encode() + b"\xff\xfe\n")
    outputs: dict[str, bytes] = {}
    for extra in ([], ["--strict"], ["--dry-run"], ["--report", str(report)]):
        done = run_cli(
            "codes", "import", str(source), "--pool", "THING", *extra, "--json",
            environment=_settings(config),
        )  # fmt: skip
        name = " ".join(extra)
        outputs |= {f"import {name} out": done.stdout.encode(), f"{name} err": done.stderr.encode()}
    outputs["report"] = report.read_bytes()
    return outputs


async def _go_wrong(config: Config, gateway: GatewayProcess, buyers: Buyers) -> list[bytes]:
    """Sell a little, then every kind of failure; the bodies of the answers that are errors."""
    await buyers.batch([f"sold-{n}" for n in range(5)], 2)
    assert len(buyers.ledger.accepted) == 5
    async with connected(_server_of(config)) as connection:
        await connection.execute(CHOKE)
        await buyers.batch(["poison-1", "fine", "poison-2"])
        await connection.execute("DROP TABLE reveal CASCADE")  # nobody can be shown anything now
        await buyers.again("sold-0")
    bodies = []
    async with aiohttp.ClientSession() as session:
        for path in ("/v1/orders", "/v1/orders/batch", "/v1/webhooks/test", "/callbacks/none"):
            for body in (CANARY, f'{{"out_order_no":"{CANARY}","sku":"{CANARY}"}}', "{" * 500):
                headers = {"Content-Type": "application/json", "X-Quangate-Signature": CANARY}
                async with session.post(gateway.url + path, data=body, headers=headers) as answer:
                    text = await answer.read()
                    assert answer.status >= 400
                    bodies.append(text)
        async with session.get(gateway.url + "/metrics") as answer:
            bodies.append(await answer.read())
    return bodies


def _server_of(config: Config) -> Config:
    """The same settings with the address of the embedded server."""
    return replace(config, database_url=EmbeddedServer(config.data).dsn)
