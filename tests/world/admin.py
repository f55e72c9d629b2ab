"""A gateway served in this process, and operators who ask its admin API."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.clock import PATIENCE_S
from tests.conftest import Cli


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came back."""

    status: int
    json: Any
    headers: httpx.Headers

    @property
    def code(self) -> str:
        """Of a problem."""
        return str(self.json["code"])


class Operator:
    """Somebody with a token, asking one gateway."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.token = token

    async def get(self, path: str, **query: str) -> Answered:
        """GET below /admin/v1."""
        return await self._ask("GET", path, params=query)

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, **headers: str
    ) -> Answered:
        """POST below /admin/v1; `idempotency_key=` and the like are headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._ask("POST", path, json=body or {}, headers=named)

    async def _ask(self, method: str, path: str, **more: Any) -> Answered:
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        url = path if path.startswith("/") else f"/admin/v1/{path}"
        answer = await self.client.request(method, url, headers=headers, **more)
        return Answered(
            status=answer.status_code, json=json.loads(answer.content), headers=answer.headers
        )


async def until(ask: Callable[[], Awaitable[Answered]], status: int) -> Answered:
    """The answer, once it has this status."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await ask()
            if answer.status == status:
                return answer
            await asyncio.sleep(0.05)


async def in_force(operator: Operator) -> Answered:
    """`me`, once the gateway has heard of it."""
    return await until(lambda: operator.get("me"), 200)


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Asks a gateway, whatever the environment's proxies."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        yield client


def make_operator(command: Cli, name: str, *roles: str, person: str | None = None) -> str:
    """An operator and a token of his."""
    given = [word for role in roles for word in ("--role", role)]
    whose = [] if person is None else ["--person", person]
    made = command("operator", "create", name, *given, *whose, "--json")
    assert made.returncode == 0, made.stderr
    token = command("operator", "token", "create", name, "--label", "tests", "--json")
    assert token.returncode == 0, token.stderr
    shown: str = token.json["token"]
    return shown
