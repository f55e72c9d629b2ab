"""The examples of /docs run as they stand, against a running gateway (partners.md, docs-examples).

C# runs only where there is a `dotnet`: none is on the machines of this project, so its grammar
is all that is looked at, which the page says.
"""

import base64
import hashlib
import hmac
import html
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
import tree_sitter_c_sharp
from tree_sitter import Language, Node, Parser

from gateway.ground.http.openapi import document
from gateway.guide.pages import page
from gateway.routes import SPOKEN
from tests.clock import PATIENCE_S
from tests.world.shop import Shop

VECTOR_SECRET = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
VECTOR = "v1=a2911f532fa562aba3f8b5d55d5d51415a5c71015e9c122383279310c0d3347c"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
LANGUAGES = ("sh", "python", "typescript", "go", "java", "php", "csharp")
SHOWN = page("partner", "en", document(SPOKEN)).decode()
FOUND = {
    (name, language): html.unescape(program)
    for name, language, program in re.findall(
        r'<pre data-example="(\w+)"[^>]*><code class="language-(\w+)">(.*?)</code>',
        SHOWN,
        re.DOTALL,
    )
}
# What the page has its reader type, after what fetches packages.
TYPED = {
    (name, language): html.unescape(line).rpartition(" && ")[2]
    for name, line, language in re.findall(
        r'<code data-run="(\w+)">(.*?)</code>.*?<code class="language-(\w+)">', SHOWN, re.DOTALL
    )
}


def command(name: str, language: str, place: Path, **named: object) -> tuple[str, ...]:
    """The example as a file, and how it is run: as the page says."""
    typed = TYPED[name, language]
    for variable, value in named.items():
        typed = typed.replace(f"$QUANGATE_{variable}", str(value))
    tool, *words = typed.split()
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} here: the example in {language} was not run")
    (place / words[-1]).write_text(FOUND[name, language], encoding="utf-8")
    return (sys.executable if tool == "python3" else tool, *words)


def environment(**more: str) -> dict[str, str]:
    """What the examples read, and nothing of a proxy."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return kept | {f"QUANGATE_{name}": value for name, value in more.items()}


def last_line(words: tuple[str, ...], place: Path, **more: str) -> str:
    """What a program says last; it has to end well."""
    done = subprocess.run(
        words, cwd=place, env=environment(**more), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def errors(node: Node) -> Iterator[str]:
    """Where a text does not follow the grammar."""
    if node.is_error or node.is_missing:
        yield f"{node.start_point}: {node.type} {(node.text or b'')[:60]!r}"
    for below in node.children:
        yield from errors(below)


@pytest.mark.parametrize("name", ["quickstart", "signing", "webhook"])
def test_csharp_follows_its_grammar(name: str) -> None:
    """Nothing is left out or too much. Seen red: a parenthesis less, and `errors` that looks at
    none.
    """
    parser = Parser(Language(tree_sitter_c_sharp.language()))
    read = parser.parse(FOUND[name, "csharp"].encode())
    assert list(errors(read.root_node)) == []
    broken = parser.parse(FOUND[name, "csharp"].replace("(", "", 1).encode())
    assert list(errors(broken.root_node)) != []


@pytest.mark.parametrize("language", LANGUAGES)
def test_signing(language: str, tmp_path: Path) -> None:
    """Each prints the vector's signature."""
    words = command("signing", language, tmp_path)
    assert last_line(words, tmp_path, SECRET=VECTOR_SECRET) == VECTOR


@pytest.mark.parametrize("language", LANGUAGES)
async def test_quickstart(language: str, shop: Shop, tmp_path: Path) -> None:
    """Each orders in the sandbox and opens the code; again it is the same code."""
    words = command("quickstart", language, tmp_path)
    real = await shop.partner()
    test = await shop.another_key(await shop.name_of(real), sandbox=True)
    given = {
        "URL": shop.url, "KEY": test.key.key_id, "SECRET": test.key.secret,
        "DELIVERY_KEY": test.key.delivery_key, "SKU": "sandbox:code", "OUT_NO": "doc-1x",
    }  # fmt: skip
    code = last_line(words, tmp_path, **given)
    order = (await test.get("/v1/orders/by-out-no/doc-1x")).json
    assert [code] == [each["code"] for each in test.codes(order)]
    assert last_line(words, tmp_path, **given) == code


def posted(port: int, headers: dict[str, str], body: bytes) -> int:
    """The status of a POST to the receiver; waits until it listens."""
    request = Request(f"http://127.0.0.1:{port}/hook", data=body, headers=headers)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(request) as answer:
                return int(answer.status)
        except HTTPError as refused:
            return refused.code
        except (URLError, ConnectionError):
            assert time.monotonic() < deadline, "it never listened"
            time.sleep(0.1)


def signed(body: bytes, *, at: float) -> dict[str, str]:
    """The headers of a genuine message."""
    stamp, key = str(int(at)), base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, b"msg_1." + stamp.encode() + b"." + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return {
        "webhook-id": "msg_1", "webhook-timestamp": stamp, "Content-Type": "application/json",
        "webhook-signature": f"v1,b3RoZXI= {signature}",
    }  # fmt: skip


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "sh"])
def test_webhook(language: str, tmp_path: Path) -> None:
    """Each takes what verifies, also by its second signature, and nothing else."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = command("webhook", language, tmp_path, PORT=port)
    body = b'{"type":"test","sequence":0}'
    more = environment(WEBHOOK_SECRET=WEBHOOK_SECRET, PORT=str(port))
    with subprocess.Popen(
        words, cwd=tmp_path, env=more, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as running:  # fmt: skip
        try:
            genuine = signed(body, at=time.time())
            assert posted(port, genuine, body) // 100 == 2
            assert posted(port, genuine, body + b" ") // 100 != 2
            assert posted(port, signed(body, at=time.time() - 400), body) // 100 != 2
            wrong = {**genuine, "webhook-signature": "v1,b3RoZXI="}
            assert posted(port, wrong, body) // 100 != 2
        finally:
            os.killpg(running.pid, 9)
