"""The cases that a running gateway answers, held against this client: waiting and awaiting."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import quangate
from quangate import AsyncQuangate, Quangate
from quangate.codes import Code, KeyRing
from test_conformance import PATIENCE_S, cases, like, like_error, method

POLL_S = 0.05  # a running gateway is asked again, no faster


class Waiting:
    """The client that waits."""

    def __init__(self, url: str, key: Mapping[str, Any]) -> None:
        self._client = Quangate(
            url,
            key["key_id"],
            key["secret"],
            delivery_keys=key["delivery_keys"],
            timeout=PATIENCE_S,
        )
        self._client.sleep = lambda _: None
        self._client.calls._signer.offset_s = key.get("offset_s", 0)

    def call(self, said: Mapping[str, Any]) -> Any:
        """What comes out."""
        with self._client as client:
            found = called(method(client, {"call": said}), said)
            return list(found) if hasattr(found, "__next__") else found


class Awaiting:
    """The one that awaits."""

    def __init__(self, url: str, key: Mapping[str, Any]) -> None:
        self._url, self._key = url, key

    def call(self, said: Mapping[str, Any]) -> Any:
        """What comes out."""
        return asyncio.run(self._call(said))

    async def _call(self, said: Mapping[str, Any]) -> Any:
        key = self._key
        async with AsyncQuangate(
            self._url, key["key_id"], key["secret"], delivery_keys=key["delivery_keys"],
            timeout=PATIENCE_S,
        ) as client:  # fmt: skip
            client.sleep = lambda _: asyncio.sleep(0)
            client.calls._signer.offset_s = key.get("offset_s", 0)
            found = called(method(client, {"call": said}), said)
            if hasattr(found, "__anext__"):
                return [one async for one in found]
            return await found


def called(run: Any, said: Mapping[str, Any]) -> Any:
    """With its arguments."""
    return run(**said["arguments"])


class Play:
    """One case: what is kept of its outcomes stands in later steps."""

    def __init__(self, world: Mapping[str, Any], run: str, kind: type[Waiting | Awaiting]) -> None:
        self._url, self._keys, self._kind = world["url"], world["keys"][run], kind
        self._kept: dict[str, Any] = {"run": self._keys["run"]}

    def step(self, step: Mapping[str, Any]) -> list[str]:
        """What is not as the step says."""
        step = json.loads(self._filled(json.dumps(step, ensure_ascii=False)))
        until = time.monotonic() + (PATIENCE_S if step.get("until") else 0)
        while True:
            outcome = self._outcome(step)
            wrong = self._judged(step, outcome)
            if not wrong or time.monotonic() >= until:
                return wrong
            time.sleep(POLL_S)

    def _filled(self, text: str) -> str:
        for name, value in self._kept.items():
            text = text.replace(f'"{{{name}}}"', json.dumps(value)).replace(
                f"{{{name}}}", str(value)
            )
        return text

    def _outcome(self, step: Mapping[str, Any]) -> Any:
        try:
            return self._kind(self._url, self._keys[step["as"]]).call(step["call"])
        except quangate.QuangateError as error:
            return error

    def _judged(self, step: Mapping[str, Any], outcome: Any) -> list[str]:
        if "error" in step:
            return like_error(step["error"], outcome)
        if isinstance(outcome, quangate.QuangateError):
            return [f"{outcome!r}"]
        seen = outcome[0] if "first" in step else outcome
        wrong = like(step.get("first", step.get("gives", {})), seen)
        opened: list[str] = []
        if {"opens", "unopened", "code"} & step.keys():
            opened, more = self._opened(step, seen.codes)
            wrong += more
        for name, member in step.get("keeps", {}).items():
            self._kept[name] = opened[0] if member == "code" else getattr(seen, member)
        return wrong

    def _opened(self, step: Mapping[str, Any], codes: list[Code]) -> tuple[list[str], list[str]]:
        if "opens_as" in step:
            ring = KeyRing(self._keys[step["opens_as"]]["delivery_keys"])
            codes = [Code(code.jwe, ring) for code in codes]
        if "unopened" in step:
            with pytest.raises(quangate.InvalidCodeError):
                codes[0].open()
            return [], []
        found = [str(code.open().code) for code in codes]
        wrong = [] if len(set(found)) == step.get("opens", len(codes)) else [f"{len(found)} codes"]
        wrong += [] if step.get("code", found[0]) == found[0] else ["it is another code"]
        return found, wrong


@pytest.mark.parametrize("kind", [Waiting, Awaiting])
@pytest.mark.parametrize("case", cases("live.json"))
def test_live(case: dict[str, Any], kind: type[Waiting | Awaiting], live: str) -> None:
    """A running gateway and this client understand each other."""
    world = json.loads(Path(live).read_text("utf-8"))
    play = Play(world, f"python-{kind.__name__.lower()}", kind)
    for n, step in enumerate(case["steps"]):
        assert play.step(step) == [], (n, step)
