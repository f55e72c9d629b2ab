"""Upstreams behind a proxy, as operators add them and orders reach them."""

from pathlib import Path
from typing import Any

import pytest

from connectors.simulation import running
from connectors.simulation.server import RunningSimulator
from tests.conftest import Cli
from tests.contract.connectors.test_connector_tls import certificate
from tests.integration.dispatch.test_topups_desk import run
from tests.world.egress_peers import proxying
from tests.world.shop import unique
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import TopUpShop, order, settings_of, until

__all__ = ["gateway", "session", "topups"]  # fixtures, found by their names


def words_of(name: str, simulator: RunningSimulator, *more: str) -> tuple[str, ...]:
    """`upstream add` with the simulator's own settings."""
    pairs = [("--set", f"{key}={value}") for key, value in settings_of("kasushou").items()]
    flat = [word for pair in pairs for word in pair]
    return (
        "upstream", "add", name, "--connector", "kasushou", "--base-url", simulator.url,
        *flat, *more,
    )  # fmt: skip


async def test_orders_go_through_the_proxy(topups: TopUpShop, cli: Cli) -> None:
    """Added with --proxy: tested, ordered from and followed up through it; its password is shown
    nowhere. Taken back with `--proxy none` the next order goes directly."""
    name = unique("kasushou")
    async with proxying() as proxy, running("kasushou") as simulator:
        added = await run(cli, *words_of(name, simulator, "--proxy", proxy.url))
        assert added.returncode == 0, added
        assert (await run(cli, "upstream", "test", name)).json["ok"]
        assert proxy.heads
        shown = await run(cli, "upstream", "show", name)
        assert shown.json["egress"] == {
            "proxy": f"http://127.0.0.1:{proxy.port}",
            "client_cert": None, "ca": None, "http2": False,
        }  # fmt: skip
        assert "p@ss" not in shown.stdout
        assert "p%40ss" not in shown.stdout
        partner = await topups.shop.partner()
        sku = await topups.sku([(name, None)])
        await topups.shop.announced(sku)
        before = len(proxy.heads)
        placed = await order(partner, sku, "13800138000")
        assert (await until(partner, placed))["state"] == "delivered"
        assert len(proxy.heads) > before

        await run(cli, "upstream", "update", name, "--proxy", "none")
        assert (await run(cli, "upstream", "show", name)).json["egress"] is None
        through = len(proxy.heads)
        assert (await run(cli, "upstream", "test", name)).json["ok"]
        assert len(proxy.heads) == through


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--proxy", "socks5://127.0.0.1:1080"), "--proxy must be http"),
        (("--proxy", "http://u:canary@127.0.0.1"), "--proxy must be http"),
        (("--http2",), "--http2"),
        (("--ca", "/no/such/file"), "cannot read /no/such/file"),
        (("--client-cert", __file__), "--client-cert and --ca are for TLS"),
    ],
)
def test_a_way_that_cannot_work_is_refused(
    command: Cli, options: tuple[str, ...], says: str
) -> None:
    """One sentence that names the option; nothing is added, no secret is repeated."""
    done = command(
        "upstream", "add", "nowhere", "--connector", "kasushou",
        "--base-url", "http://127.0.0.1:9", "--set", "userid=1", "--set", "apikey=canary",
        *options, "--json",
    )  # fmt: skip
    assert done.returncode != 0
    assert says in done.json["error"]["detail"]
    assert "canary" not in done.stdout + done.stderr
    assert command("upstream", "show", "nowhere", "--json").json["error"]["code"] == "not-found"


def test_certificates_are_stored_and_their_end_is_shown(command: Cli, tmp_path: Path) -> None:
    """The files may go afterwards; a key that is not the certificate's is refused."""
    certificate("us", days_left=10, directory=tmp_path)
    (tmp_path / "other").mkdir()
    certificate("other", days_left=10, directory=tmp_path / "other")
    base: tuple[Any, ...] = (
        "upstream", "add", "mutual", "--connector", "kasushou",
        "--base-url", "https://platform.test", "--set", "userid=1", "--set", "apikey=x",
        "--client-cert", str(tmp_path / "cert.pem"), "--ca", str(tmp_path / "cert.pem"),
    )  # fmt: skip
    wrong = command(*base, "--client-key", str(tmp_path / "other" / "key.pem"), "--json")
    assert "not a certificate and its key" in wrong.json["error"]["detail"]
    done = command(*base, "--client-key", str(tmp_path / "key.pem"), "--http2", "--json")
    assert done.returncode == 0, done
    egress = command("upstream", "show", "mutual", "--json").json["egress"]
    assert egress["http2"] is True
    assert egress["client_cert"] == egress["ca"]
    assert egress["ca"].endswith("Z")
