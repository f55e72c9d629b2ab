"""Files of codes by API: admin.md, "Uploads" and "Imports"."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clock import PATIENCE_S
from tests.conftest import Cli
from tests.world.admin import Answered, Operator, in_force

KEY = "0123456789abcdef"
FILE = b"code\nUP-LOAD-001\nUP-LOAD-002\nUP-LOAD-002\n\nUP-LOAD-003\n"


@pytest.fixture
async def ready(admin: Operator) -> Operator:
    """Who may everything, known to the gateway."""
    await in_force(admin)
    return admin


@pytest.fixture
def pool(command: Cli, request: pytest.FixtureRequest) -> str:
    """An empty pool of its own."""
    name = f"up-{abs(hash(request.node.name)) % 10**9}"
    assert command("pool", "create", name).returncode == 0
    return name


async def send(
    client: httpx.AsyncClient, operator: Operator, *, headers: dict[str, str] | None = None,
    **more: Any,
) -> Answered:  # fmt: skip
    """POST codes/import."""
    answer = await client.post(
        "/admin/v1/codes/import",
        headers={"Authorization": f"Bearer {operator.token}", **(headers or {})},
        **more,
    )
    return Answered(status=answer.status_code, json=answer.json(), headers=answer.headers)


async def ended(operator: Operator, number: str) -> Any:
    """The import, once it is over."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = (await operator.get(f"imports/{number}")).json
            if found["state"] in {"done", "failed"}:
                return found
            assert found["state"] in {"queued", "running"}
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("how", ["form", "raw"])
async def test_a_file_is_taken_in_and_imported(
    ready: Operator, client: httpx.AsyncClient, pool: str, how: str, connection: Any
) -> None:
    """At once an id; then progress and verdicts, the codes on sale, and the file nowhere.

    Seen red without `forget_pieces`.
    """
    if how == "form":
        sent = await send(
            client, ready, files={"file": ("codes.csv", FILE)}, data={"pool": pool, "yes": "true"}
        )
    else:
        sent = await send(
            client, ready, content=FILE, params={"pool": pool, "yes": "true", "file": "codes.csv"}
        )
    assert sent.status == 200, sent.json
    assert set(sent.json) == {"import"}
    found = await ended(ready, sent.json["import"])
    assert (found["state"], found["error"]) == ("done", None)
    assert (found["imported"], found["duplicates"], found["rejected"]) == (3, 1, 0)
    assert found["counts"] == {"ok": 3, "duplicate: in_file": 1}
    assert found["verdicts"] == [{"line": 4, "verdict": "duplicate", "reason": "in_file"}]
    assert found["progress"] == {"done": len(FILE), "total": len(FILE), "unit": "bytes"}
    assert (found["file"], found["made_by"], found["dry_run"]) == ("codes.csv", "root", False)
    assert (await ready.get("codes/stats", pool=pool)).json["free"] == 3
    assert (await ready.get(f"batches/{found['batch']}")).json["source"] == "codes.csv"
    assert await connection.fetchval("SELECT count(*) FROM code_import_piece") == 0
    rows = (await ready.get("changes", subject=pool, action="codes.import")).json["data"]
    assert [(row["actor"], row["via"]) for row in rows] == [("root", "api")] * 2
    assert rows[0]["request_id"] == rows[1]["request_id"] == sent.headers["Request-Id"]
    assert "UP-LOAD" not in str(rows)
    listed = (await ready.get("imports", pool=pool)).json["data"]
    assert [row["import"] for row in listed] == [sent.json["import"]]


async def test_a_dry_run_counts_what_would_be(
    ready: Operator, client: httpx.AsyncClient, pool: str
) -> None:
    """And nothing is there afterwards."""
    data = {"pool": pool, "dry_run": "true", "yes": "true"}
    sent = await send(client, ready, files={"file": ("codes.csv", FILE)}, data=data)
    found = await ended(ready, sent.json["import"])
    assert (found["state"], found["imported"], found["duplicates"]) == ("done", 3, 1)
    assert (found["dry_run"], found["batch"]) == (True, None)
    assert (await ready.get("codes/stats", pool=pool)).json["imported"] == 0


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ((b"<html>" + b"<p>not codes</p>\n" * 50, {"yes": "true"}), "unreadable-file"),
        (
            (
                b"code,expires_at\nA-00001,2031-01-01\nA-00002,yesterday\n",
                {"strict": "true", "yes": "true"},
            ),
            "rejected-lines",
        ),
        ((b"PK\x03\x04 not a workbook", {"yes": "true"}), "unreadable-file"),
    ],
)
async def test_what_cannot_be_imported_says_why(
    ready: Operator, client: httpx.AsyncClient, pool: str, sent: Any, code: str
) -> None:
    """`failed`, with a code and a sentence; nothing is on sale, and the file is forgotten."""
    content, more = sent
    answer = await send(client, ready, content=content, params={"pool": pool, **more})
    assert answer.status == 200, answer.json
    found = await ended(ready, answer.json["import"])
    assert (found["state"], found["error"]["code"]) == ("failed", code)
    assert found["error"]["detail"]
    assert (await ready.get("codes/stats", pool=pool)).json["imported"] == 0


LINE = b"A-00001\n"
BAD = "invalid-request"


def raw(content: bytes = LINE, headers: Any = None, **query: str) -> dict[str, Any]:
    """The file itself, and what is asked of it in the query."""
    return {"content": content, "params": query, "headers": headers}


def form(**fields: str) -> dict[str, Any]:
    """A form with a file."""
    return {"files": {"file": ("a.csv", LINE)}, "data": fields}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"json": {"pool": "x"}}, (400, BAD, "/file")),
        ({"json": {"pool": "x", "colour": 1}}, (400, BAD, "/colour")),
        (raw(pool="none-such"), (404, "not-found", None)),
        (raw(), (400, BAD, "/pool")),
        (raw(pool="x", colour="red"), (400, BAD, "/colour")),
        (raw(pool="x", report="/etc/x"), (400, BAD, "/report")),
        (raw(b"", pool="x"), (400, BAD, "/file")),
        (form(pool="x", colour="red"), (400, BAD, "/colour")),
        (form(pool="x", dry_run="perhaps"), (400, BAD, "/dry_run")),
        (raw(headers={"Content-Encoding": "gzip"}, pool="x"),
         (415, "unsupported-media-type", None)),
        (raw(headers={"Content-Type": "multipart/form-data; boundary=b"}, pool="x"),
         (400, BAD, None)),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_at_once(
    ready: Operator, client: httpx.AsyncClient, sent: dict[str, Any], told: Any
) -> None:
    """Before anything is kept."""
    before = (await ready.get("imports")).json["data"]
    answer = await send(client, ready, **sent)
    status, code, pointer = told
    assert (answer.status, answer.code) == (status, code), answer.json
    if pointer is not None:
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert (await ready.get("imports")).json["data"] == before


async def test_a_key_takes_a_file_in_once(
    ready: Operator, client: httpx.AsyncClient, pool: str
) -> None:
    """The same file, the same answer; another one is a conflict. Seen red without the digest."""
    more: dict[str, Any] = {"params": {"pool": pool, "yes": "true"}}
    named = {"Idempotency-Key": KEY}
    first = await send(client, ready, content=FILE, headers=named, **more)
    again = await send(client, ready, content=FILE, headers=named, **more)
    assert (first.json, again.headers["Quangate-Replayed"]) == (again.json, "true")
    other = await send(client, ready, content=FILE + b"X-1\n", headers=named, **more)
    assert (other.status, other.code) == (409, "idempotency-conflict")
    await ended(ready, first.json["import"])


async def test_a_file_too_large_is_refused(
    ready: Operator, client: httpx.AsyncClient, pool: str
) -> None:
    """By what it says of itself, or as it comes. Seen red without the count."""

    async def pieces() -> Any:
        for _ in range(65):
            yield b"x" * (1 << 20)

    answer = await send(client, ready, content=pieces(), params={"pool": pool})
    assert (answer.status, answer.code) == (413, "body-too-large")


async def test_by_command_line_the_same_rows(
    ready: Operator, client: httpx.AsyncClient, pool: str, command: Cli, tmp_path: Path
) -> None:
    """What a file comes to is told alike, whoever reads it."""
    file = tmp_path / "codes.csv"
    file.write_bytes(FILE)
    typed = command("codes", "import", str(file), "--pool", pool, "--dry-run", "--yes", "--json")
    sent = await send(
        client, ready, content=FILE, params={"pool": pool, "dry_run": "true", "yes": "true"}
    )
    found = await ended(ready, sent.json["import"])
    for name in ("imported", "duplicates", "rejected"):
        assert found[name] == typed.json[name]
