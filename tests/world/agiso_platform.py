"""阿奇索's side: it pushes orders, and keeps what is said of them. From upstreams.md §15 alone."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

SETTINGS = {"app_secret": "ag-secret", "access_token": "ag-token"}


def md5(text: str) -> str:
    """Lower-case hex."""
    return hashlib.md5(text.encode()).hexdigest()


def push_sign(text: str, timestamp: str, secret: str = "ag-secret") -> str:
    """Over the text as it is pushed."""
    return md5(f"{secret}json{text}timestamp{timestamp}{secret}")


def call_sign(fields: dict[str, str], secret: str = "ag-secret") -> str:
    """Over names and values, sorted."""
    kept = sorted((name, value) for name, value in fields.items() if name != "sign")
    return md5(secret + "".join(name + value for name, value in kept) + secret)


@dataclass(slots=True)
class Platform:
    """Answers calls; the first `failures` of each path with 500, or what `refuses` says."""

    url: str = ""
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    failures: int = 0
    failed: int = 0
    refuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    details: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Verify and keep."""
        fields = {name: str(value) for name, value in (await request.post()).items()}
        path = request.path.strip("/")
        good = (
            fields.get("sign") == call_sign(fields)
            and request.headers.get("Authorization") == "Bearer ag-token"
            and request.headers.get("ApiVersion") == "1"
            and abs(time.time() - int(fields["timestamp"])) < 600
        )
        if not good:
            self.forged.append(path)
            return web.json_response({"IsSuccess": False, "Error_Code": 1, "AllowRetry": False})
        if self.failed < self.failures:
            self.failed += 1
            return web.Response(status=500)
        if path == "aldsKwai/Order/Detail":
            data = self.details.get(fields["tid"])
            return web.json_response({"isSuccess": data is not None, "data": data})
        self.calls.append((path, fields))
        answer = self.refuses.get(path, {"IsSuccess": True, "Data": None, "Error_Code": 0})
        return web.json_response(answer)

    def said(self, tid: str) -> list[str]:
        """Which calls were made about an order, in turn."""
        return [
            path
            for path, fields in self.calls
            if tid in (fields.get("tid"), fields.get("ksOrderId"))
        ]


@asynccontextmanager
async def running_platform() -> AsyncIterator[Platform]:
    """The same on a free port."""
    platform = Platform()
    runner = web.ServerRunner(web.Server(platform.take, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    platform.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield platform
    finally:
        await runner.cleanup()


async def push(
    session: aiohttp.ClientSession, url: str, members: dict[str, Any] | str, *,
    platform: str = "AldsJd", aopic: int = 8, at: float | None = None, sign: str | None = None,
) -> int:  # fmt: skip
    """Push as Agiso does; the status of the answer."""
    text = members if isinstance(members, str) else json.dumps(members, ensure_ascii=False)
    timestamp = str(int(time.time() if at is None else at))
    query = urlencode({
        "fromPlatform": platform, "timestamp": timestamp, "aopic": aopic,
        "sign": push_sign(text, timestamp) if sign is None else sign,
    })  # fmt: skip
    async with session.post(f"{url}?{query}", data={"json": text}) as response:
        return response.status
