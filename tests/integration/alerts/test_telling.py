"""Operators are told at the places they named: a real gateway, a real receiver."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.ground.config import Config
from tests.conftest import Cli
from tests.world.admin import Operator, client_of, in_force, make_operator
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.partner import eventually

SECRET = "top-secret-of-a-place"


class Receiver:
    """What was posted to it; `answers` are the statuses of the next ones, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[int] = []
        self.refused = 0
        self.told: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        """Answer as it is to."""
        body = await request.read()
        if self.answers:
            self.refused += 1
            return web.Response(status=self.answers.pop(0))
        self.told.append((dict(request.headers), body))
        return web.Response()

    def alerts(self) -> list[dict[str, Any]]:
        """All it was told, in order."""
        return [one for _, body in self.told for one in json.loads(body)["alerts"]]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver()
    server = web.Server(receiver.take)  # type: ignore[arg-type]  handlers may take any request
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One that may tell receivers on loopback."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


async def test_a_place_is_told_once_and_again_when_it_fails(
    gateway: Gateway, command: Cli, tmp_path: Path
) -> None:
    """What opens and what is over, signed; a place that fails is told later, and nothing twice;
    a place that came later is told nothing old.

    Seen red with a `told` that deletes nothing.
    """
    assert gateway.url
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    async with receiving() as receiver, receiving() as later:
        receiver.answers = [500, 503]
        added = command(
            "notify", "add", "duty", "--kind", "webhook", "--set", f"url={receiver.url}",
            "--set", f"secret=@{secret}", "--json",
        )  # fmt: skip
        assert added.json == {"notifier": "duty", "kind": "webhook"}, added.stderr
        command("pool", "create", "few")
        made = command(
            "sku", "create", "FEW", "--name", "Few", "--kind", "code", "--pool", "few",
            "--price", "5", "--low-stock", "3",
        )  # fmt: skip
        assert made.returncode == 0, made.stderr

        async def is_told() -> bool:
            return "stock-low" in {one["kind"] for one in receiver.alerts()}

        await eventually(is_told)
        assert receiver.refused == 2
        headers, body = receiver.told[0]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.digest(SECRET.encode(), signed, hashlib.sha256)
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"

        command(
            "notify", "add", "late", "--kind", "webhook", "--set", f"url={later.url}",
            "--set", f"secret=@{secret}",
        )  # fmt: skip
        codes = tmp_path / "codes.csv"
        codes.write_text("".join(f"CODE-{n}\n" for n in range(5)))
        assert command("codes", "import", str(codes), "--pool", "few").returncode == 0

        async def is_over() -> bool:
            return all(
                "resolved" in {one["event"] for one in r.alerts()} for r in (receiver, later)
            )

        await eventually(is_over)
        low = [one["event"] for one in receiver.alerts() if one["kind"] == "stock-low"]
        assert low == ["opened", "resolved"]
        assert [one["event"] for one in later.alerts()] == ["resolved"]
        (row,) = [
            each for each in command("notify", "list", "--json").json["notifiers"]
            if each["notifier"] == "duty"
        ]  # fmt: skip
        assert (row["waiting"], row["failures"], row["why"]) == (0, 0, None)
        assert SECRET not in command("notify", "list").stdout
        async with client_of(gateway.url) as client:
            somebody = Operator(client, make_operator(command, "op", "ops"))
            await in_force(somebody)
            tried = await somebody.post("notifiers/duty/test")
        assert (tried.status, tried.json) == (200, {"notifier": "duty", "told": True})
        (written,) = command("change", "list", "--action", "notify.test", "--json").json["changes"]
        assert (written["subject"], written["actor"]) == ("duty", "op")
        assert SECRET not in await asyncio.to_thread(gateway.log.read_text)


async def test_a_place_is_tried_out(config: Config, command: Cli, tmp_path: Path) -> None:
    """`notify test` sends, and says why it was not taken; guarded like partners' webhooks."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    async with receiving() as receiver:
        for name, url in (("good", receiver.url), ("inner", "http://10.0.0.1/x")):
            added = command(
                "notify", "add", name, "--kind", "webhook", "--set", f"url={url}",
                "--set", f"secret=@{secret}",
            )  # fmt: skip
            assert added.returncode == 0, added.stderr
        done = command("notify", "test", "inner", "--json")
        assert (done.returncode, done.json["error"]["code"]) == (1, "refused")
        assert "inner did not take it" in done.json["error"]["detail"]
        assert command("notify", "remove", "inner").returncode == 0
        gone = command("notify", "test", "inner", "--json")
        assert gone.json["error"]["code"] == "not-found"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--kind", "pager", "--set", "url=http://x/y"), "there are webhook, email"),
        (("--kind", "webhook", "--set", "url=http://x/y"), "missing setting secret"),
        (("--kind", "wecom", "--set", "url=ftp://x"), "must begin with https://"),
        (("--kind", "wecom", "--set", "url=http://x/y", "--set", "colour=red"), "unknown setting"),
        (("--kind", "telegram", "--set", "token=1:secret-token"), "missing setting chat"),
    ],
)
def test_what_is_no_place_is_refused(command: Cli, words: tuple[str, ...], told: str) -> None:
    """With what is wrong, and no value of it."""
    done = command("notify", "add", "bad", *words, "--json")
    assert (done.returncode, done.json["error"]["code"]) == (2, "invalid-argument")
    assert told in done.json["error"]["detail"]
    assert "secret-token" not in done.stdout + done.stderr
