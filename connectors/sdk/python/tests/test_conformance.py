"""The cases of every client, held against this one: waiting and awaiting."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import quangate
from quangate import AsyncQuangate, InvalidCodeError, InvalidWebhookError, Quangate, webhooks
from quangate.codes import KeyRing
from quangate.retrying import wait_s
from quangate.signing import Signer

CASES: Final = Path(__file__).parents[2] / "conformance"
KEY_ID, SECRET = "qk_conformance", "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
NOBODY: Final = "http://127.0.0.1:2"  # a port where nobody listens
PATIENCE_S: Final = 120.0  # only ends what hangs


def cases(*files: str) -> list[Any]:
    """The cases of these files."""
    found = [one for file in files for one in json.loads((CASES / file).read_text("ascii"))]
    return [pytest.param(one, id=one["name"]) for one in found]


@pytest.mark.parametrize("case", cases("signing.json"))
def test_signatures(case: dict[str, Any]) -> None:
    """A request is signed as the document says, with any secret; what is none is refused."""
    if case.get("refused"):
        with pytest.raises(ValueError, match=r"."):
            Signer(KEY_ID, case["secret"])
        return
    said = (case["method"], case["target"], case["timestamp"], case["nonce"])
    signer = Signer(KEY_ID, case["secret"])
    assert signer.signature(*said, case["body"].encode()) == case["signature"]


@pytest.mark.parametrize("case", cases("codes.json"))
def test_codes(case: dict[str, Any]) -> None:
    """What is sealed to us opens, and nothing else does."""
    keys = KeyRing(case["keys"])
    if "error" in case:
        with pytest.raises(InvalidCodeError):
            keys.open(case["jwe"])
        return
    opened = keys.open(case["jwe"])
    assert {name: getattr(opened, name) for name in case["opens"]} == case["opens"]


@pytest.mark.parametrize("case", cases("webhooks.json"))
def test_webhooks(case: dict[str, Any]) -> None:
    """A message is believed if it is signed, of now, and whole."""

    def verify() -> webhooks.Event:
        return webhooks.verify(
            case["body"].encode(),
            case["headers"],
            case["secrets"],
            case["tolerance"],
            seen=case["seen"].__contains__ if "seen" in case else None,
            now=lambda: case["now"],
        )

    if "error" in case:
        with pytest.raises(InvalidWebhookError):
            verify()
        return
    assert like(case["event"], verify()) == []


@pytest.mark.parametrize("case", cases("delays.json"))
def test_delays(case: dict[str, Any]) -> None:
    """How long is waited after a try."""
    waits = wait_s(case["tries"], case["retry_after"], chance=case["chance"], now=case["now"])
    assert waits == case["waits"]


@pytest.mark.parametrize("kind", ["waiting", "awaiting"])
@pytest.mark.parametrize("case", cases("answers.json", "retries.json"))
def test_calls(case: dict[str, Any], kind: str, gateway: str) -> None:
    """What is sent, how often, after which waits, and what comes out."""
    control(gateway, case)
    run = waiting if kind == "waiting" else awaiting
    try:
        outcome, waits = run(case, NOBODY if case.get("closed") else gateway)
    finally:
        came = control(gateway)
    assert judge(case, outcome, waits, came) == []


def control(gateway: str, case: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Begin a case, or see what came."""
    request = urllib.request.Request(  # noqa: S310
        f"{gateway}/_case",
        method="GET" if case is None else "PUT",
        data=None if case is None else json.dumps(case).encode(),
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
        found: list[dict[str, Any]] = json.load(answer)
        return found


def options(case: dict[str, Any]) -> dict[str, Any]:
    """How the client of a case is made."""
    timeout = case.get("timeout_s", PATIENCE_S)
    return {"max_retries": case["max_retries"], "timeout": timeout}


def waiting(case: dict[str, Any], url: str) -> tuple[Any, list[float]]:
    """The case's call, by the client that waits."""
    waits: list[float] = []
    with Quangate(url, KEY_ID, SECRET, **options(case)) as client:
        client.sleep = waits.append
        try:
            found = method(client, case)(**arguments(case))
            return (list(found) if hasattr(found, "__next__") else found), waits
        except quangate.QuangateError as error:
            return error, waits


def awaiting(case: dict[str, Any], url: str) -> tuple[Any, list[float]]:
    """The same by the one that awaits."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def run() -> Any:
        async with AsyncQuangate(url, KEY_ID, SECRET, **options(case)) as client:
            client.sleep = sleep
            found = method(client, case)(**arguments(case))
            if hasattr(found, "__anext__"):
                return [one async for one in found]
            return await found

    try:
        return asyncio.run(run()), waits
    except quangate.QuangateError as error:
        return error, waits


def arguments(case: dict[str, Any]) -> dict[str, Any]:
    """What the call says; where a case has the mark for it, half of a surrogate pair."""
    text = json.dumps(case["call"]["arguments"]).replace("\\u2759", "\\ud800")
    found: dict[str, Any] = json.loads(text)
    return found


def method(client: Any, case: dict[str, Any]) -> Callable[..., Any]:
    """A method by its name, `resource.name`."""
    resource, name = case["call"]["method"].split(".")
    found: Callable[..., Any] = getattr(getattr(client, resource), name)
    return found


def judge(
    case: dict[str, Any], outcome: Any, waits: list[float], came: list[dict[str, Any]]
) -> list[str]:
    """What is not as the case says."""
    wrong = [f"{one['method']} {one['target']} is not signed" for one in came if not one["signed"]]
    wrong += [f"{one['agent']}" for one in came if not one["agent"].startswith("quangate-python/")]
    if "error" in case:
        wrong += like_error(case["error"], outcome)
    else:
        wrong += like(case["gives"], outcome)
    if "waits" in case:
        bounds = case["waits"]
        right = len(bounds) == len(waits) and all(
            least <= wait <= most for (least, most), wait in zip(bounds, waits, strict=True)
        )
        wrong += [] if right else [f"waited {waits}, not {bounds}"]
    if "requests" in case:
        wrong += [] if len(case["requests"]) == len(came) else [f"{len(came)} requests: {came}"]
        for said, one in zip(case["requests"], came, strict=False):
            got = {**one, "body": json.loads(one["body"])} if "body" in said else one
            wrong += like(said, got)
    return wrong


def like_error(said: dict[str, Any], outcome: Any) -> list[str]:
    """Whether an error is the one that was said."""
    if not isinstance(outcome, quangate.QuangateError):
        return [f"{outcome!r} is no error"]
    if "class" in said and type(outcome).__name__ != f"{said['class']}Error":
        return [f"{type(outcome).__name__} is not {said['class']}Error"]
    return like({name: value for name, value in said.items() if name != "class"}, outcome)


def like(said: Any, found: Any) -> list[str]:
    """Where `found`, an object or members, is not what is said of it."""
    if isinstance(said, dict):
        if "error" in said and isinstance(found, quangate.QuangateError):
            return like_error(said["error"], found)
        wrong = []
        for name, value in said.items():
            of = "data" if name == "order" else name
            got = found.get(of) if isinstance(found, dict) else getattr(found, of, None)
            wrong += like(value, got)
        return wrong
    if isinstance(said, list):
        got = list(found)
        if len(got) != len(said):
            return [f"{got} is not {said}"]
        return [each for one, other in zip(said, got, strict=True) for each in like(one, other)]
    return [] if said == found else [f"{found!r} is not {said!r}"]


def test_there_are_enough() -> None:
    """A hundred and fifty cases at least, each with a name of its own."""
    files = [*CASES.glob("*.json")]
    names = [one["name"] for file in files for one in json.loads(file.read_text("ascii"))]
    assert len(names) >= 150
    assert len(set(names)) == len(names)
