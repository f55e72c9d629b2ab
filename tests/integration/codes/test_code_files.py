"""`codes import` on suppliers' files as they come: so many codes, or a question, or a refusal.

Small files are in core_rs/code_file/tests/code_file_table.rs, a hundred of them; here is what a
person at the command line, or a script without one, sees of each kind.
"""

import json
import subprocess
import sys
import zipfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.vault import open_vault
from tests.conftest import Cli
from tests.world.import_killing import environment

_numbers = count(1)
BOMB_RSS_MB = 300


@pytest.fixture
def pool(cli: Cli) -> str:
    """A fresh pool."""
    name = f"files-{next(_numbers)}"
    assert cli("pool", "create", name, "--json").json["pool"] == name
    return name


@pytest.fixture
def bring(cli: Cli, pool: str, tmp_path: Path) -> Any:
    """Imports a text as a file of a name, with flags; returns the finished command."""

    def run(text: str, *flags: str, name: str = "codes.csv") -> Any:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return cli("codes", "import", str(file), "--pool", pool, "--json", *flags)

    return run


async def plaintexts(connection: Any, config: Any, pool: str) -> list[dict[str, str]]:
    """What the pool's records hold."""
    vault = await open_vault(config.data, connection)
    rows = await connection.fetch(
        "SELECT c.pool_id, c.batch_id, c.seq, c.sealed, b.data_key FROM code c"
        " JOIN batch b ON b.id = c.batch_id JOIN pool p ON p.id = c.pool_id"
        " WHERE p.name = $1 AND c.seq < p.size ORDER BY c.seq",
        pool,
    )
    found = []
    for row in rows:
        vault.load_dek(row["batch_id"], row["data_key"])
        opened = vault.open_record(row["pool_id"], row["batch_id"], row["seq"], row["sealed"])
        found.append(json.loads(opened))
    return found


async def test_the_right_columns_are_sold(
    bring: Any, connection: Any, config: Any, pool: str
) -> None:
    """A product's code is no code; what is left out is named, and a further file adds its codes."""
    done = bring("编码,卡号,密码\nSKU1,AE-0001,p1\nSKU1,AE-0002,p2\n")
    assert (done.json["imported"], done.json["ignored"]) == (2, {"编码": 2})
    assert bring("1. E-1\n2. E-2\n", name="a.txt").json["imported"] == 2
    again = bring("1. E-3\n2. E-4\n", name="b.txt").json
    assert (again["imported"], again["duplicates"]) == (2, 0)
    assert await plaintexts(connection, config, pool) == [
        {"code": "AE-0001", "pin": "p1"}, {"code": "AE-0002", "pin": "p2"},
        {"code": "E-1"}, {"code": "E-2"}, {"code": "E-3"}, {"code": "E-4"},
    ]  # fmt: skip


ACCOUNTS = "".join(f"u{n}@mail.example----Pw{n}----mailpw{n}----K{n}\n" for n in (1, 2, 3))
UNCLEAR = [
    (ACCOUNTS, "accounts.txt"),
    ("卡号,密码,密钥\nAJ-1,p1,KEY1\nAJ-2,p2,KEY2\n", "keys.csv"),
    ("code,foo\nA-1,x\nA-2,y\n", "foo.csv"),
    ("五月批次\nAAAA-1111\nAAAA-2222\n", "title.txt"),
    ("1,E-1\n2,E-2\n", "numbers.csv"),
    ("卡密,状态\nA-1,3\nA-2,4\n", "status.csv"),
]


@pytest.mark.parametrize(("text", "name"), UNCLEAR, ids=[name for _, name in UNCLEAR])
def test_what_is_not_certain_is_asked_about(
    bring: Any, cli: Cli, pool: str, text: str, name: str
) -> None:
    """Without a terminal: exit 1 `unclear-file`, nothing imported, no secret told; also dry."""
    for flags in ((), ("--dry-run",)):
        done = bring(text, *flags, name=name)
        assert (done.returncode, done.json["error"]["code"]) == (1, "unclear-file")
        assert not any(secret in done.stdout + done.stderr for secret in ("KEY1", "mailpw1", "A-1"))
    assert cli("codes", "batches", "--pool", pool, "--json").json == {"batches": []}
    assert bring(text, "--yes", name=name).json["imported"] >= 2


async def test_all_secrets_reach_the_buyer(
    bring: Any, connection: Any, config: Any, pool: str
) -> None:
    """By --yes together behind the password; by --columns as they are named."""
    assert bring(ACCOUNTS, "--yes", name="accounts.txt").json["imported"] == 3
    named = bring("卡号,密码,密钥\nAJ-1,p1,KEY1\n", "--columns", "code,pin,extra").json
    assert (named["imported"], named["rejected"]) == (1, 0)
    records = await plaintexts(connection, config, pool)
    assert records[0] == {"code": "u1@mail.example", "pin": "Pw1\nmailpw1\nK1"}
    assert records[3] == {"code": "AJ-1", "pin": "p1\n密钥: KEY1"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("<html><table><tr><td>A-1</td></tr></table></html>", "HTML"),
        ('{"title": "dashboard", "panels": []}', "JSON"),
        ("# Read me\n\nSome words about what this is and does.\n\n- one\n- two\n", "a fifth"),
        ("".join(f"A-{n}\n{n}.5E+15\n" for n in range(1, 9)), "a fifth"),
    ],
)
def test_what_is_no_code_file_is_refused(
    bring: Any, cli: Cli, pool: str, text: str, word: str
) -> None:
    """By the name of its format, or because more than a fifth cannot be codes; --yes is no help."""
    for flags in ((), ("--yes",)):
        done = bring(text, *flags, name="codes.txt")
        assert (done.returncode, done.json["error"]["code"]) == (1, "unreadable-file")
        assert word in done.json["error"]["detail"]
    assert cli("codes", "stats", "--pool", pool, "--json").json["imported"] == 0


@pytest.mark.parametrize("name", ["empty.txt", "empty.csv"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        " \r\n\t\n\n",
        "\ufeff",
        "code,pin\n",
        "卡号,密码\n\n \n",
        "sep=;\n",
        "\n" * 300_000,
    ],
)
def test_a_file_without_a_code_is_refused(
    bring: Any, cli: Cli, pool: str, text: str, name: str
) -> None:
    """A sentence and exit 1, also dry, confirmed or to void; no batch is made."""
    for flags in ((), ("--yes",), ("--dry-run",)):
        done = bring(text, *flags, name=name)
        assert (done.returncode, done.json["error"]["code"]) == (1, "unreadable-file")
        assert "there is no code in this file" in done.json["error"]["detail"]
    assert cli("codes", "batches", "--pool", pool, "--json").json == {"batches": []}


def test_comments_are_no_codes(bring: Any, cli: Cli, pool: str) -> None:
    """A file of remarks alone is refused, and makes no batch."""
    done = bring("# codes of May\n# none yet\n", name="notes.txt")
    assert (done.returncode, done.json["error"]["code"]) == (1, "unreadable-file")
    assert cli("codes", "batches", "--pool", pool, "--json").json == {"batches": []}


async def test_codes_that_look_alike_are_one(
    bring: Any, connection: Any, config: Any, pool: str
) -> None:
    """Full-width ones are asked about; confirmed they are sold once, across files as well."""
    text = "ＡＡ－１２\nAA-12\nAA–13\n"
    assert bring(text, name="wide.txt").json["error"]["code"] == "unclear-file"
    done = bring(text, "--yes", name="wide.txt").json
    assert (done["imported"], done["duplicates"]) == (2, 1)
    again = bring("AA-12\nAA-13\nAA-14\n", name="narrow.txt").json
    assert (again["imported"], again["duplicates"]) == (1, 2)
    codes = [record["code"] for record in await plaintexts(connection, config, pool)]
    assert codes == ["ＡＡ－１２", "AA–13", "AA-14"]  # handed over as written


def test_what_looks_alike_is_voided(bring: Any, cli: Cli, pool: str, tmp_path: Path) -> None:
    """A code is found again by what it looks like."""
    assert bring("ＡＡ－２２\nＡＡ－２３\n", "--yes", name="wide.txt").json["imported"] == 2
    (tmp_path / "void.txt").write_text("AA-22\n")
    done = cli("codes", "void", str(tmp_path / "void.txt"), "--pool", pool, "--json").json
    assert (done["voided"], done["unknown"]) == (1, 0)


def test_late_nonsense_is_refused_too(bring: Any, cli: Cli, pool: str) -> None:
    """A file that begins with codes and goes on as something else leaves nothing behind."""
    codes = "".join(f"LATE-{n:05}\n" for n in range(3000))
    prose = "these are words and no codes at all\n" * 3000
    done = bring(codes + prose, name="late.txt")
    assert (done.returncode, done.json["error"]["code"]) == (1, "unreadable-file")
    assert cli("codes", "stats", "--pool", pool, "--json").json["imported"] == 0
    assert bring(codes, name="good.txt").json["imported"] == 3000


def test_sold_codes_are_rejected(bring: Any, tmp_path: Path) -> None:
    """A status that says so is believed, and said in the report."""
    report = tmp_path / "report.csv"
    done = bring("卡密,状态\nS-1,已售\nS-2,未售\n", "--report", str(report)).json
    assert (done["imported"], done["rejected"], done["ignored"]) == (1, 1, {"状态": 1})
    assert report.read_text().splitlines()[1:] == ["2,rejected,sold", "3,ok,"]


PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""


def test_a_bomb_is_refused_in_little_memory(
    cli: Cli, pool: str, tmp_path: Path, config: Any
) -> None:
    """A small workbook of thirty million strings: exit 1, and less than 300 MB at the peak."""
    file = tmp_path / "bomb.xlsx"
    sheet = '<sheet name="s" sheetId="1" r:id="r1"/>'
    relation = '<Relationship Id="r1" Target="worksheets/s.xml"/>'
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        book.writestr("xl/workbook.xml", f"<workbook><sheets>{sheet}</sheets></workbook>")
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relation}</Relationships>")
        book.writestr("xl/worksheets/s.xml", "<worksheet><sheetData/></worksheet>")
        with book.open("xl/sharedStrings.xml", "w") as strings:
            strings.write(b"<sst>")
            for _ in range(300):
                strings.write(b"<si><t/></si>" * 100_000)
            strings.write(b"</sst>")
    # Measured by a small process between: a child's peak begins with its parent's memory, which
    # for a long test run is more than all that is allowed here.
    done = subprocess.run(
        [sys.executable, "-c", PEAK, sys.executable, "-m", "gateway", "codes", "import", str(file),
         "--pool", pool, "--json"],
        check=False, capture_output=True, text=True, env=environment(config),
    )  # fmt: skip
    assert done.returncode == 1
    assert "the workbook cannot be read" in done.stdout
    assert int(done.stderr.splitlines()[-1]) / 1024 < BOMB_RSS_MB
