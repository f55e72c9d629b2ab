"""Figures of the partners' clients (connectors/sdk): how large they are, what a call costs.

`python -m bench.clients` prints one JSON object:
- `core_lines`: what is written by hand in each language, without blank lines, comments (Python's
  docstrings are) and imports; what a generator writes says so in its first lines;
- `typescript_gzip_bytes`: all JavaScript of the package as `npm pack` made it (`make sdk`), packed;
- `python_call_ratio`: calls a second of `AsyncQuangate.orders.place` over those of a bare httpx
  POST of the same body to the same server, in turns: `cpu` by processor time of
  this process, `wall` by the clock;
- `open_code_us`: processor time of opening a code, the median of the rounds.
"""

import argparse
import ast
import asyncio
import gzip
import itertools
import json
import multiprocessing
import re
import tarfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import httpx
from aiohttp import web

from bench.record import cpu_model
from bench.spread import spread
from connectors.sdk.client import AsyncQuangate, KeyRing

SDK: Final = Path(__file__).parents[1] / "connectors" / "sdk"
PACKED: Final = SDK.parents[1] / "dist" / "sdk" / "typescript"
ROUNDS, CALLS, OPENS = 15, 300, 2_000
KEY_ID, SECRET = "qk_bench", "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
MADE: Final = ("edit nothing here", "DO NOT EDIT")
CASES: Final = SDK / "conformance"
IMPORTS: Final = re.DOTALL | re.MULTILINE
SOURCES: Final = {
    "python": ("python/src/quangate", "*.py"),
    "typescript": ("typescript/src", "*.ts"),
    "go": ("go", "*.go"),
    "java": ("java/src/main/java/quangate", "*.java"),
}


def core_lines() -> dict[str, int]:
    """Lines of code written by hand, by language."""
    found = {}
    for language, (folder, pattern) in SOURCES.items():
        texts = [
            path.read_text("utf-8")
            for path in (SDK / folder).glob(pattern)
            if not path.name.endswith("_test.go")
        ]
        by_hand = [text for text in texts if not any(word in text[:200] for word in MADE)]
        count = _python_lines if language == "python" else _c_like_lines
        found[language] = sum(map(count, by_hand))
    return found


def _python_lines(text: str) -> int:
    nodes = list(ast.walk(ast.parse(text)))
    apart = [
        node.body[0]
        for node in nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node)
    ]
    apart += [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    not_code = {n for node in apart for n in range(node.lineno, (node.end_lineno or 0) + 1)}
    lines = enumerate(text.splitlines(), 1)
    code = {n for n, line in lines if line.strip() and not line.strip().startswith("#")}
    return len(code - not_code)


def _c_like_lines(text: str) -> int:
    """Comments that begin a line; no string of these sources has any."""
    bare = re.sub(r"^\s*/\*.*?\*/", "", text, flags=re.DOTALL | re.MULTILINE)
    bare = re.sub(r"^import (?:\(.*?^\)|[^;\n]*(?:\{[^}]*\}[^;]*)?;)", "", bare, flags=IMPORTS)
    bare = re.sub(r"^(?:import|package) .*$", "", bare, flags=re.MULTILINE)
    return sum(
        bool(line.strip()) and not line.strip().startswith("//") for line in bare.splitlines()
    )


def typescript_gzip_bytes() -> int | None:
    """None: the package was not made yet."""
    packages = sorted(PACKED.glob("quangate-*.tgz"))
    if not packages:
        return None
    with tarfile.open(packages[-1]) as package:
        scripts = [one for one in package.getmembers() if one.name.endswith(".js")]
        read = (package.extractfile(one) for one in sorted(scripts, key=lambda one: one.name))
        return len(gzip.compress(b"".join(file.read() for file in read if file), mtime=0))


def serve(ready: Connection) -> None:
    """Answer every order with the same one, until killed."""
    cases = json.loads((CASES / "answers.json").read_text("ascii"))
    order = next(one for one in cases if one["name"] == "place")["script"][0]["body"].encode()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        return web.Response(status=201, body=order, content_type="application/json")

    async def run() -> None:
        runner = web.ServerRunner(web.Server(answer, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


async def _timed(call: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Calls one after another: processor time and time, seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(CALLS):
        await call()
    return time.process_time() - cpu, time.perf_counter() - wall


async def call_ratios(url: str, rounds: int) -> dict[str, dict[str, float]]:
    """The client over a bare POST, round by round."""
    numbers = itertools.count(1)
    async with AsyncQuangate(url, KEY_ID, SECRET) as client, httpx.AsyncClient() as bare:

        async def place() -> None:
            await client.orders.place(out_order_no=f"A{next(numbers):08d}", sku="VIP-MONTH")

        async def post() -> None:
            body = b'{"out_order_no":"A%08d","sku":"VIP-MONTH"}' % next(numbers)
            headers = {"Content-Type": "application/json"}
            answer = await bare.post(f"{url}/v1/orders", content=body, headers=headers)
            answer.raise_for_status()

        await _timed(place)
        await _timed(post)
        cpu, wall = [], []
        for n in range(rounds):
            turns = (place, post) if n % 2 else (post, place)
            took = {call: await _timed(call) for call in turns}
            cpu.append(took[post][0] / took[place][0])
            wall.append(took[post][1] / took[place][1])
    return {"cpu": spread(cpu).as_json(), "wall": spread(wall).as_json()}


def open_code_us(rounds: int) -> dict[str, float]:
    """Opening the same code again and again."""
    cases = json.loads((CASES / "codes.json").read_text("ascii"))
    said = next(one for one in cases if one["name"] == "a code and a pin")
    opening = partial(KeyRing(said["keys"]).open, said["jwe"])
    took = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(OPENS):
            opening()
        took.append((time.process_time() - began) / OPENS * 1e6)
    return spread(took).as_json()


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(prog="python -m bench.clients")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    try:
        ratios = asyncio.run(call_ratios(f"http://127.0.0.1:{ours.recv()}", rounds))
    finally:
        server.kill()
        server.join()
    found: dict[str, Any] = {
        "core_lines": core_lines(),
        "typescript_gzip_bytes": typescript_gzip_bytes(),
        "python_call_ratio": ratios,
        "open_code_us": open_code_us(rounds),
        "machine": cpu_model(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
