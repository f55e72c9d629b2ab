"""Operators of the demo: as they sign in, and at the admin API."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from gateway.ground.errors import RefusedError
from gateway.ground.outside.process import quangate

# Who runs the shop: name and role. A second admin would be nobody's need.
PEOPLE: Final[Mapping[str, str]] = {"ada": "admin", "sam": "support", "fay": "finance"}
HEARD_S: Final = 60.0  # a gateway hears of it within a second, but for a busy machine
LOOK_S: Final = 0.05
UNKNOWN: Final = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What `operator create` shows once."""

    operator: str
    role: str
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)
    totp_uri: str = field(repr=False)
    recovery_codes: list[str] = field(repr=False)


class Desk:
    """An operator with a token."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = f"{url}/admin/v1"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def until_known(self) -> None:
        """Wait until the gateway has heard of the token, which a command has just made."""
        async with asyncio.timeout(HEARD_S):
            while True:
                async with self._session.get(f"{self._url}/me", headers=self._headers) as said:
                    if said.status != UNKNOWN:
                        return
                await asyncio.sleep(LOOK_S)

    async def post(self, path: str, **given: Any) -> dict[str, Any]:
        """One act. Raises RefusedError with what the problem says."""
        data = orjson.dumps(given)
        headers = {**self._headers, "Content-Type": "application/json"}
        return await self._asked("POST", path, data=data, headers=headers)

    async def upload(self, path: str, file: bytes, content_type: str) -> dict[str, Any]:
        """One act with a file."""
        headers = {**self._headers, "Content-Type": content_type}
        return await self._asked("POST", path, data=file, headers=headers)

    async def get(self, path: str) -> dict[str, Any]:
        """A list, or a row."""
        return await self._asked("GET", path, headers=self._headers)

    async def _asked(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        async with self._session.request(method, f"{self._url}/{path}", **how) as response:
            answer: dict[str, Any] = orjson.loads(await response.read())
            if response.status >= 400:
                said = answer.get("detail") or answer.get("title")
                raise RefusedError("demo-refused", f"{method} {path}: {said}")
        return answer


async def hire(data: Path) -> tuple[Mapping[str, SignIn], Mapping[str, str]]:
    """The people, and a token of each."""
    made = await asyncio.gather(
        *(
            quangate(data, "operator", "create", name, "--role", role)
            for name, role in PEOPLE.items()
        )
    )
    tokens = await asyncio.gather(
        *(
            quangate(data, "operator", "token", "create", name, "--label", "the demo's own acts")
            for name in PEOPLE
        )
    )
    people = {
        name: SignIn(
            operator=name, role=role, password=told["password"],
            totp_secret=told["totp_secret"], totp_uri=told["totp_uri"],
            recovery_codes=told["recovery_codes"],
        )
        for (name, role), told in zip(PEOPLE.items(), made, strict=True)
    }  # fmt: skip
    return people, {name: one["token"] for name, one in zip(PEOPLE, tokens, strict=True)}
