"""A gateway behind proxies: whose address counts, and what is said when nobody named the proxy."""

import asyncio
import ipaddress
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from gateway.ground.config import Config
from tests.clock import PATIENCE_S
from tests.contract.house.test_api_documents import plain
from tests.world.gateway_process import ROOT, Gateway, running_gateway
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop

CLIENT = "203.0.113.9"


@pytest.fixture
async def shop(config: Config, session: aiohttp.ClientSession) -> Shop:
    """An operator; the gateway is each test's own."""
    return Shop(config=config, url="", session=session)


@asynccontextmanager
async def behind_a_proxy(
    shop: Shop, config: Config, log: Path, **settings: str
) -> AsyncIterator[tuple[Gateway, Partner]]:
    """A gateway with settings, and a partner whose key may be used from one client only."""
    with running_gateway(config, log, settings) as gateway:
        shop.url = gateway.url
        yield gateway, await shop.partner(allow_ips=[f"{CLIENT}/32"])


async def test_an_address_list_sees_the_client(shop: Shop, config: Config, tmp_path: Path) -> None:
    """Behind a trusted proxy the client's address decides; nothing else is one."""
    trusted = {"QUANGATE_TRUSTED_PROXIES": "127.0.0.0/8, 10.0.0.0/8"}
    async with behind_a_proxy(shop, config, tmp_path / "log", **trusted) as (gateway, partner):
        for headers, status in (
            ({"X-Forwarded-For": CLIENT}, 200),
            ({"X-Forwarded-For": f"1.1.1.1, {CLIENT}, 10.1.1.1"}, 200),
            ({"Forwarded": f"for={CLIENT};proto=https"}, 200),
            ({"X-Forwarded-For": CLIENT, "Forwarded": f"for={CLIENT}"}, 200),
            ({}, 403),
            ({"X-Forwarded-For": f"{CLIENT}, 1.1.1.1"}, 403),
            ({"X-Forwarded-For": f"{CLIENT}, unknown"}, 403),
            ({"X-Forwarded-For": CLIENT, "Forwarded": "for=1.1.1.1"}, 403),
            ({"X-Real-IP": CLIENT, "X-Client-IP": CLIENT, "CF-Connecting-IP": CLIENT}, 403),
        ):
            reply = await partner.send("GET", "/v1/account", headers=headers)
            assert reply.status == status, headers
        # A scraper on loopback may read metrics; a client whom the proxy names may not.
        assert (await plain(gateway, "GET", "/metrics")).status == 200
        named = await plain(gateway, "GET", "/metrics", **{"X-Forwarded-For": CLIENT})
        assert named.problem == (403, "forbidden")
        spoilt = await plain(gateway, "GET", "/metrics", **{"X-Forwarded-For": "127.0.0.1, x"})
        assert spoilt.problem == (403, "forbidden")
        other = await shop.partner()
        for proto, scheme in (("https", "https:"), ("http", "http:")):
            day = time.strftime("%Y-%m-%d", time.gmtime())
            reply = await other.send(
                "GET", f"/v1/statements/{day}", headers={"X-Forwarded-Proto": proto}
            )
            assert reply.json["url"].startswith(scheme)


async def test_a_strangers_headers_do_not_count(shop: Shop, config: Config, tmp_path: Path) -> None:
    """Without a trusted proxy they are ignored; that one is missing is said, once, and kept."""
    log = tmp_path / "log"
    async with behind_a_proxy(shop, config, log) as (_, partner):
        for _ in range(3):
            for name in ("X-Forwarded-For", "Forwarded"):
                value = CLIENT if name != "Forwarded" else f"for={CLIENT}"
                reply = await partner.send("GET", "/v1/account", headers={name: value})
                assert reply.problem == (403, "forbidden")

        async def said() -> bool:
            return "proxy.not_trusted" in log.read_text()

        await eventually(said)
        assert log.read_text().count("proxy.not_trusted") == 1
        found = await doctor(config)
        assert "127.0.0.1" in found["trusted-proxy"]["detail"]
        assert not found["trusted-proxy"]["ok"]
        assert "--trusted-proxy" in found["trusted-proxy"]["fix"]
    found = await doctor(config, QUANGATE_TRUSTED_PROXIES="127.0.0.0/8")
    assert found["trusted-proxy"]["ok"]


async def doctor(config: Config, **setting: str) -> dict[str, dict[str, object]]:
    """The checks of `quangate doctor --json`, by name."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "doctor", "--json", cwd=ROOT, stdout=subprocess.PIPE,
        env={
            "PATH": "/usr/bin:/bin", "QUANGATE_DATA": str(config.data), "QUANGATE_PORT": "0",
            "QUANGATE_DATABASE_URL": config.database_url or "", **setting,
        },
    )  # fmt: skip
    out, _ = await process.communicate()
    checks = json.loads(out.splitlines()[-1])["checks"]
    return {check["name"]: check for check in checks}


@pytest.mark.parametrize("proxies", ["10.0.0.0/33", "proxy.local", "10.0.0.1/8", "1.2.3.4;5.6.7.8"])
async def test_a_wrong_network_stops_the_start(config: Config, proxies: str) -> None:
    """By flag or by variable: nothing is served, and the setting is named."""
    for arguments, environment in (
        (["--trusted-proxy", proxies], {}),
        ([], {"QUANGATE_TRUSTED_PROXIES": proxies}),
    ):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", "--port", "0", *arguments, cwd=ROOT,
            stderr=subprocess.PIPE, env={
                "PATH": "/usr/bin:/bin", "QUANGATE_DATA": str(config.data),
                "QUANGATE_DATABASE_URL": config.database_url or "", **environment,
            },
        )  # fmt: skip
        _, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode not in {0, -signal.SIGTERM}
        assert b"listening" not in err
        assert b"trusted-proxy" in err or b"TRUSTED_PROXIES" in err


async def test_the_proxy_protocol(shop: Shop, config: Config, tmp_path: Path) -> None:
    """With it a trusted proxy's connection begins with a header, or ends."""
    settings = {"QUANGATE_TRUSTED_PROXIES": "127.0.0.1", "QUANGATE_PROXY_PROTOCOL": "true"}
    with running_gateway(config, tmp_path / "log", settings) as gateway:
        address = ipaddress.ip_address(CLIENT).packed + b"\x7f\0\0\1" + b"\0\1\0\2"
        header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + address
        request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        local = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"
        for sent, status in ((header, b" 403 "), (local, b" 200 "), (b"", b"")):
            reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            writer.write(sent + request)
            async with asyncio.timeout(PATIENCE_S):
                answer = await reader.read()
            assert (status in answer[:16]) if status else answer == b""
            writer.close()
