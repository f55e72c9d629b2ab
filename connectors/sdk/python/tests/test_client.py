"""What is this client's own: what it hides, numbers on disk, ready handlers, its size."""

import ast
import asyncio
import json
import pickle
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
import pytest
import quangate
from aiohttp import web
from quangate import AsyncQuangate, Event, NumberStore, Quangate, webhooks
from quangate.codes import Code, KeyRing

SDK: Final = Path(__file__).parents[2]
URL, KEY_ID = "http://127.0.0.1:2", "qk_conformance"
SECRET: Final = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"  # noqa: S105
CORE_LINES_MAX: Final = 900


def case(file: str, name: str) -> dict[str, Any]:
    """A case by its name."""
    found = json.loads((SDK / "conformance" / file).read_text("ascii"))
    return next(one for one in found if one["name"] == name)


def test_nothing_secret_is_shown() -> None:
    """Neither clients nor codes, opened or not, show what they hold, and none can be written."""
    said = case("codes.json", "a code and a pin")
    keys = KeyRing(said["keys"])
    code = Code(said["jwe"], keys)
    client = Quangate(URL, KEY_ID, SECRET, said["keys"][KEY_ID])
    other = AsyncQuangate(URL, KEY_ID, SECRET, delivery_keys=said["keys"])
    hidden = [code, code.open(), keys, client, other]
    secrets = [SECRET[3:], said["keys"][KEY_ID][3:], said["jwe"], "AE-0001", "4711"]
    for one in [*hidden, vars(client), vars(other), [code], {"code": code.open()}]:
        shown = f"{one!r} {one}"
        assert not [secret for secret in secrets if secret in shown]
    for one in hidden:
        with pytest.raises(TypeError):
            json.dumps(one)
        with pytest.raises(TypeError):
            msgspec.json.encode(one)
        with pytest.raises(TypeError):
            pickle.dumps(one)
    client.close()


def test_half_a_letter_is_refused_as_everything_is() -> None:
    """In a body, a path and a query; nothing is sent. Seen red: UnicodeEncodeError."""
    half = "B\ud800"
    with Quangate(URL, KEY_ID, SECRET, max_retries=0) as client:
        for call in (
            lambda: client.orders.place(out_order_no=half, sku="S"),
            lambda: client.orders.get_by_out_no(half),
            lambda: next(client.orders.list(sku=half)),
        ):
            with pytest.raises(quangate.InvalidRequestError) as caught:
                call()
            assert (caught.value.code, caught.value.status) == ("invalid-request", 0)
            assert not caught.value.retryable


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://gateway.example"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "https://u@gateway.example"},
        {"base_url": "https://gateway.example?x=1"},
        {"secret": SECRET[3:]},
        {"delivery_key": SECRET},
        {"delivery_key": "qd_AAAA"},
        {"max_retries": -1},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_at_once(wrong: dict[str, Any]) -> None:
    """A client that could not work is not made; the error repeats no secret."""
    with pytest.raises(ValueError, match=r".") as caught:
        Quangate(**{"base_url": URL, "key_id": KEY_ID, "secret": SECRET, **wrong})
    assert not any(
        str(value) in str(caught.value) for value in wrong.values() if len(str(value)) > 3
    )


@pytest.mark.parametrize("number", ["", ".", ".."])
def test_a_name_that_would_be_another_path_is_refused(number: str) -> None:
    """`..` in a path is another route: it is not sent."""
    with Quangate(URL, KEY_ID, SECRET) as client, pytest.raises(ValueError, match="names nothing"):
        client.orders.get_by_out_no(number)


PROGRAM: Final = """
import sys
sys.path.insert(0, sys.argv[1])
from quangate import NumberStore
for n in range(20):
    print(NumberStore(sys.argv[2]).number(f"basket {n % 3}"))
"""


def test_an_intent_has_one_number(tmp_path: Path) -> None:
    """Whoever asks first, and however many at once: the same, and one of the allowed letters."""
    folder = tmp_path / "numbers"
    package = str(Path(quangate.__file__).parents[1])
    asking = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", PROGRAM, package, str(folder)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    said = [one.communicate()[0].split() for one in asking]
    store = NumberStore(folder)
    right = [store.number(f"basket {n % 3}") for n in range(20)]
    assert said == [right] * 4
    assert len(set(right)) == 3
    assert all(1 <= len(number) <= 64 and number.isalnum() for number in right)
    assert len(list(folder.iterdir())) == 3
    with pytest.raises(ValueError, match="name"):
        store.number("")


def test_a_ready_handler() -> None:
    """204 to what verifies, once handled or seen; 400 to everything else."""
    said = case("webhooks.json", "an order's")
    handled: list[Event] = []
    seen: set[str] = set()

    async def handle(event: Event) -> None:
        handled.append(event)

    asyncio.run(
        deliver(said, webhooks.aiohttp_handler(said["secrets"], handle, seen.__contains__), seen)
    )
    assert [event.data.order_no for event in handled] == ["712000000000001"]


async def deliver(said: dict[str, Any], handler: Any, seen: set[str]) -> None:
    """Send a message to a handler: as it is, changed, and again when it was seen."""
    app = web.Application()
    app.router.add_post("/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(webhooks.verify.__kwdefaults__, "now", lambda: said["now"])
        async with aiohttp.ClientSession() as session:

            async def send(body: str) -> int:
                async with session.post(url, data=body.encode(), headers=said["headers"]) as reply:
                    return reply.status

            assert await send(said["body"]) == 204
            assert await send(said["body"] + " ") == 400
            seen.add(said["headers"]["webhook-id"])
            assert await send(said["body"]) == 204
    await runner.cleanup()


def test_a_list_is_read_as_it_is_looked_at(gateway: str) -> None:
    """The second page is asked for when the first is used up, not before."""
    said = case("answers.json", "list, two pages")
    put(gateway, said)
    with Quangate(gateway, KEY_ID, SECRET) as client:
        orders = client.orders.list(state="delivered", limit=1)
        assert next(orders).order_no == "712000000000001"
        assert len(came(gateway)) == 1
        assert next(orders).order_no == "2"
        assert len(came(gateway)) == 2


def put(gateway: str, said: dict[str, Any]) -> None:
    """Begin a case."""
    body = json.dumps(said).encode()
    request = urllib.request.Request(f"{gateway}/_case", body, method="PUT")  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310


def came(gateway: str) -> list[Any]:
    """What came since."""
    with urllib.request.urlopen(f"{gateway}/_case") as answer:  # noqa: S310
        found: list[Any] = json.load(answer)
        return found


def test_the_core_is_small() -> None:
    """What is written by hand has at most 900 lines of code (no blank line, comment, docstring)."""
    package = Path(quangate.__file__).parent
    texts = [path.read_text("utf-8") for path in package.glob("*.py")]
    by_hand = [text for text in texts if "edit nothing here" not in text.partition("\n")[0]]
    assert 300 < sum(len(code_lines(text)) for text in by_hand) <= CORE_LINES_MAX


def code_lines(text: str) -> set[int]:
    """The numbers of the lines that have code."""
    tree = ast.parse(text)
    docs = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node)
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = enumerate(text.splitlines(), 1)
    return {n for n, line in lines if line.strip() and not line.strip().startswith("#")} - docs


def test_a_client_of_many_calls_keeps_its_loop() -> None:
    """Calls of one awaiting client run side by side."""

    async def run() -> list[str]:
        async with AsyncQuangate(URL, KEY_ID, SECRET, max_retries=0) as client:
            calls = [client.orders.get(str(n)) for n in range(1, 20)]
            found = await asyncio.gather(*calls, return_exceptions=True)
            return [getattr(one, "code", "") for one in found]

    assert set(asyncio.run(run())) == {"connection-failed"}
