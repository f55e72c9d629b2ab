"""Suppliers' files through the native reader, up to the sealed rows that the database gets."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.native import CodeFile, ParsedBatch, Vault
from gateway.ground.native_errors import CodeFileError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "codes"
POOL, BATCH = 7, 9
COPY_HEADER_BYTES = 19


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """A vault with the batch's data key."""
    vault = Vault.open(str(tmp_path_factory.mktemp("keys") / "kek"))
    vault.new_dek(BATCH)
    return vault


def options(**flags: Any) -> Any:
    """The reader's options: everything detected, unless a flag says otherwise."""
    nothing = dict.fromkeys(("encoding", "separator", "columns", "header", "quotes", "sheet"))
    rules = {"named_csv": False, "ignore_case": False, "ignore_spaces": False, "zone": []}
    return {**nothing, **rules, **flags}


def copied(payload: bytes) -> Iterator[list[bytes]]:
    """The rows of a binary COPY payload."""
    at = COPY_HEADER_BYTES
    while (fields := struct.unpack_from(">h", payload, at)[0]) >= 0:
        at += 2
        row = []
        for _ in range(fields):
            (length,) = struct.unpack_from(">i", payload, at)
            length = max(length, 0)  # NULL: nothing
            row.append(payload[at + 4 : at + 4 + length])
            at += 4 + length
        yield row
    assert at + 2 == len(payload)


def goods(rows: ParsedBatch, vault: Vault, dropped: list[int] | None = None) -> list[str]:
    """What the sealed rows hold once opened again: `code|pin|url|expires_at`, empty ends cut."""
    rows.fingerprints(vault)
    found = []
    for seq, fields in enumerate(
        copied(rows.copy_rows(vault, POOL, BATCH, 100, dropped or [])), 100
    ):
        assert [int.from_bytes(f) for f in fields[:3]] == [POOL, seq, BATCH]
        opened = json.loads(vault.open_record(POOL, BATCH, seq, fields[3]))
        members = ("code", "pin", "url", "expires_at")
        found.append("|".join(opened.get(m, "") for m in members).rstrip("|"))
    return found


def read(name: str, vault: Vault, **flags: Any) -> tuple[list[str], list[str]]:
    """A fixture's goods, and what its report says of the other lines."""
    named_csv = name.endswith(".csv")
    file = CodeFile.open(FIXTURES / name, options(named_csv=named_csv, **flags))
    rows = file.next_batch(1000)
    assert rows is not None
    found = goods(rows, vault)
    assert file.next_batch(1000) is None
    others = [line for line in rows.report([], []).splitlines() if not line.endswith(",ok,")]
    return found, others


PAIRS = ["0001|p1", "0002|p2"]


@pytest.mark.parametrize(
    ("name", "expected", "others"),
    [
        # one per line, blanks of every kind around it, no line feed at the end
        ("bare.txt", ["AAAA-0001", "AAAA-0002", "AAAA-0003", "AAAA-0004"], []),
        ("dashes.txt", [*PAIRS, "0003|p3"], []),
        ("blanks.txt", [*PAIRS, "0003|p3"], []),
        ("pasted.txt", ["CODE-1", *(f"CODE-{n}|p{n}" for n in range(2, 7))], []),
        ("double_bar.txt", PAIRS, []),
        ("lone_cr.txt", [*PAIRS, "0003|p3"], []),
        # a BOM, CRLF, a blank line and a header in the middle
        ("secret_bom_crlf.csv", ["S-0001", "S-0002", "S-0003"], []),
        ("gbk_no_bom.csv", ["000001|K-1", "000002|K-2"], []),
        ("quoted_utf16.csv", PAIRS, []),
        ("utf16be_no_bom.txt", PAIRS, []),
        ("four_columns.csv", PAIRS, []),
        ("gift_card.csv", ["GC-1|||2027-12-31", "GC-2|7788"], []),
        (
            "links.txt",
            [f"||https://x.example/r/{n}?a={a}" for n, a in ((1, "1,2"), (2, "3,4"))],
            [],
        ),
        # a comma and a literal %0A that belong to the code
        ("kept_whole.txt", ["AB,CD", "EF%0AGH", "IJ", "KL"], []),
        ("multi_line.csv", ["line one\nline two", "plain"], []),
        (
            "places.csv",
            [
                "C1|p1|https://x.example/1|2027-12-31",
                # what expires is numbered before what does not
                "C3|||2028-01-01",
                "C2||https://x.example/2",
                "C4",
            ],
            [],
        ),
        ("ruined.csv", ["0012|2"], ["2,rejected,ruined_number", "4,rejected,ruined_number"]),
        ("control.txt", ["OK-0000000001", "OK-0000000002"], ["2,rejected,control_characters"]),
        # text cells keep their zeros; numbers of sixteen digits and fractions are refused
        (
            "workbook.xlsx",
            ["000123|p1||2027-12-31", "12345678|4321"],
            ["4,rejected,ruined_number", "5,rejected,ruined_number", "8,rejected,bad_expiry"],
        ),
    ],
)
def test_reads_what_suppliers_send(
    vault: Vault, name: str, expected: list[str], others: list[str]
) -> None:
    """Every shape of upstreams.md §10 ends as the goods it means, and bad lines are named."""
    assert read(name, vault) == (expected, others)


def test_reads_the_sheet_that_is_named(vault: Vault) -> None:
    """--sheet chooses another sheet; one that is not there is refused with those that are."""
    assert read("workbook.xlsx", vault, sheet="other") == (["ONLY-1", "ONLY-2"], [])
    with pytest.raises(CodeFileError, match="卡密, other"):
        CodeFile.open(FIXTURES / "workbook.xlsx", options(sheet="third"))


def test_refuses_a_binary_file() -> None:
    """A binary file is refused whole, before anything is read from it."""
    with pytest.raises(CodeFileError, match="binary data, not a code file"):
        CodeFile.open(FIXTURES / "binary.dat", options())


def test_a_line_of_a_megabyte_is_one_rejected_line(tmp_path: Path, vault: Vault) -> None:
    """Its neighbours are imported."""
    path = tmp_path / "long.txt"
    path.write_text("FIRST-0001\n" + "x" * 1_000_000 + "\nLAST-0001\n")
    rows = CodeFile.open(path, options()).next_batch(10)
    assert rows is not None
    assert goods(rows, vault) == ["FIRST-0001", "LAST-0001"]
    assert rows.report([], []) == "1,ok,\n2,rejected,line_too_long\n3,ok,\n"


@pytest.mark.parametrize(
    ("rules", "unique"),
    [
        ({}, ["Ab-1", "AB-1", "A B-1"]),  # to the letter
        ({"ignore_case": True}, ["Ab-1", "A B-1"]),
        ({"ignore_spaces": True}, ["Ab-1", "AB-1"]),
        ({"ignore_case": True, "ignore_spaces": True}, ["Ab-1"]),
    ],
)
def test_the_pool_says_which_codes_are_equal(
    tmp_path: Path, vault: Vault, rules: dict[str, bool], unique: list[str]
) -> None:
    """The first of equal codes is kept as it was written; the others are duplicates."""
    path = tmp_path / "codes.txt"
    path.write_text("Ab-1\nAB-1\nA B-1\nAb-1\n")
    rows = CodeFile.open(path, options(separator="none", **rules)).next_batch(10)
    assert rows is not None
    assert goods(rows, vault) == unique
    assert rows.counts() == (4 - len(unique), len(unique))


def test_dropped_candidates_leave_no_gap(tmp_path: Path, vault: Vault) -> None:
    """Numbers go on without gaps over what the database knew already, and the report tells it."""
    path = tmp_path / "codes.txt"
    path.write_text("A-0001\nA-0002\nA-0003\nA-0002\nA-0004\n")
    rows = CodeFile.open(path, options()).next_batch(10)
    assert rows is not None
    assert goods(rows, vault, dropped=[1, 2]) == ["A-0001", "A-0004"]
    kept = list(copied(rows.fingerprint_rows(POOL, BATCH, 100, [1, 2])))
    assert sorted(row[0] for row in kept) == [row[0] for row in kept]
    numbers = {row[0]: int.from_bytes(row[3]) for row in kept}
    assert numbers == {vault.fingerprints(["A-0001"]): 100, vault.fingerprints(["A-0004"]): 101}
    assert rows.report([2], [1]) == (
        "1,ok,\n2,duplicate,in_pool\n3,duplicate,in_file\n4,duplicate,in_pool\n5,ok,\n"
    )


def test_fingerprints_have_the_numbers_of_their_codes(tmp_path: Path, vault: Vault) -> None:
    """Also where codes are numbered by expiry. Seen red with numbers in the file's order."""
    path = tmp_path / "codes.csv"
    path.write_text(
        "code,expires_at\nLATE-01,2031-03-01T00:00:00Z\nSOON-02,2031-01-01T00:00:00Z\nNEVER-3,\n"
    )
    rows = CodeFile.open(path, options()).next_batch(10)
    assert rows is not None
    codes = [each.partition("|")[0] for each in goods(rows, vault)]
    assert codes == ["SOON-02", "LATE-01", "NEVER-3"]
    numbers = {row[0]: int.from_bytes(row[3])
               for row in copied(rows.fingerprint_rows(POOL, BATCH, 100, []))}  # fmt: skip
    assert [numbers[vault.fingerprints([code])] for code in codes] == [100, 101, 102]


def test_batches_end_where_they_are_told_to(tmp_path: Path, vault: Vault) -> None:
    """A file comes in batches of at most so many rows, all of them, in order."""
    path = tmp_path / "codes.txt"
    path.write_text("".join(f"CODE-{n:06}\n" for n in range(2500)))
    file = CodeFile.open(path, options())
    sizes, codes = [], []
    while (rows := file.next_batch(1000)) is not None:
        sizes.append((len(rows), rows.last_line()))
        codes += goods(rows, vault)
    assert sizes == [(1000, 1000), (1000, 2000), (500, 2500)]
    assert codes == [f"CODE-{n:06}" for n in range(2500)]


def test_what_is_shown_is_masked(tmp_path: Path) -> None:
    """Neither the explanation nor the sample nor a repr holds a value."""
    path = tmp_path / "codes.csv"
    path.write_text("code,pin\nCANARY-0000001,CANARYPIN\n")
    file = CodeFile.open(path, options())
    rows = file.next_batch(10)
    shown = f"{file.explain()} {file.sample()} {file!r} {rows!r}"
    assert "CANARY" not in shown
    assert file.sample() == ["code=CA**…**1 pin=CA**…**N"]


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        ({"encoding": "latin-9"}, "no such encoding"),
        ({"separator": "###"}, "no such separator"),
        ({"columns": "code,colour"}, "no such column"),
        ({"columns": "pin,-"}, "no column is a code"),
    ],
)
def test_wrong_flags_are_refused(flags: dict[str, str], problem: str) -> None:
    """A flag that means nothing is refused before the file is read."""
    with pytest.raises(ValueError, match=problem):
        CodeFile.open(FIXTURES / "bare.txt", options(**flags))
