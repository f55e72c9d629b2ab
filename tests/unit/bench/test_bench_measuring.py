"""The arithmetic of the bench: goodput, spreads, targets, and the table made of them."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web

from bench.code_import import write_code_file
from bench.cpu import tree_cpu_s
from bench.figures import GOALS, Figure
from bench.load import Load, LoaderError, parse_report, run_load
from bench.peers.echo import application
from bench.peers.protocol_echo import Echo
from bench.plan import Plan
from bench.presign import Credentials, batches, single_orders, write_requests
from bench.record import build_record, newest_record, write_record
from bench.report import BEGIN, END, markdown, replace_table
from bench.spread import ratios, spread
from bench.turns import Contestant, Round, goodput, in_echoes, write_cycle
from tests.clock import PATIENCE_S

CREDENTIALS = Credentials(key_id="qk_test", secret="qs_AAAA", delivery_key="qd_AAAA")


def load(**answers: int) -> Load:
    """A load of one second with these answers, by status."""
    return Load(
        requests=sum(answers.values()), duration_s=1.0, broken=0, laps=0, p50_us=1, p99_us=2,
        answers={key.removeprefix("s").replace("_", " "): n for key, n in answers.items()},
    )  # fmt: skip


def contestant(counts: str, *, lines: int = 1) -> Contestant:
    """A contestant whose answers of one kind count."""
    workload = batches("S", lines) if lines > 1 else single_orders("S")
    return Contestant(
        name="x", port=1, credentials=CREDENTIALS, workload=workload, counts=counts, pids={}
    )


def plan(directory: Path) -> Plan:
    """A plan that only its record looks at."""
    return Plan(
        rounds=2, seconds=1.0, connections=4, threads=1, import_codes=1, history_orders=1,
        history_codes=1, burst_callbacks=1, recovery_attempts=1, shapes=(), shape_s=1.0,
        work=directory, requests=directory,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("side", "answers", "delivered", "expected"),
    [
        # no ledger: the answers of the wanted status
        (contestant("200"), {"s200": 90, "s500": 10}, None, 90),
        # the database delivered more: commits of connections that were cut off do not count
        (contestant("201"), {"s201": 90}, 95, 90),
        # the database delivered less than was answered: it is believed
        (contestant("201"), {"s201": 90}, 80, 80),
        # replays and refusals are no goodput
        (contestant("201"), {"s200": 50, "s201": 40, "s409": 10}, 40, 40),
        # a batch counts its lines, not its requests
        (contestant("200", lines=100), {"s200": 3}, 299, 299),
        # refusals that are wanted count although nothing is delivered
        (contestant("409 sold-out"), {"s409_sold-out": 70, "s201": 1}, 1, 70),
        # nothing of the wanted kind
        (contestant("201"), {"s503": 7}, 0, 0),
    ],
)
def test_goodput_counts_only_what_was_wanted_and_delivered(
    side: Contestant, answers: dict[str, int], delivered: int | None, expected: int
) -> None:
    """Goodput is the wanted answers, capped by the ledger for deliveries."""
    assert goodput(side, load(**answers), delivered) == expected


def test_no_number_is_in_two_workloads(tmp_path: Path) -> None:
    """A partner that orders two things in turns has a number of its own for each order.

    Seen red: the second workload is refused, for its numbers were used for the first.
    """
    sides = [replace(contestant("201"), workload=single_orders(sku)) for sku in ("A", "B")]
    write_cycle(sides, plan(tmp_path), count=4)
    sent = [(tmp_path / f"qk_test-single-{sku}.0").read_bytes() for sku in ("A", "B")]
    numbers = [set(re.findall(rb'"out_order_no":"([^"]+)"', text)) for text in sent]
    assert [len(of_one) for of_one in numbers] == [4, 4]
    assert not numbers[0] & numbers[1]


class Counted:
    """A ledger of which only its being there matters."""

    async def codes_since_last(self) -> int:
        """None were."""
        return 0

    async def wal_bytes(self) -> int:
        """Nothing was written."""
        return 0


def test_one_server_is_sent_no_number_in_two_turns(tmp_path: Path) -> None:
    """Two contestants of one server with one key and one workload are refused: the second would
    be sent replays, and have sold nothing. Seen red: the share of orders with Redis lost was 0."""
    one = replace(contestant("201"), ledger=Counted())
    with pytest.raises(ValueError, match="the same numbers to one server"):
        write_cycle([one, replace(one, name="y")], plan(tmp_path), count=4)
    write_cycle([one, replace(one, name="y", port=2)], plan(tmp_path), count=4)


def test_a_spread_is_median_quartiles_and_extremes() -> None:
    """Quartiles are those of the textbook, and one value is its own spread."""
    whole = spread([5.0, 1.0, 3.0, 2.0, 4.0])
    assert (whole.minimum, whole.lower_quartile, whole.median) == (1.0, 2.0, 3.0)
    assert (whole.upper_quartile, whole.maximum, whole.count) == (4.0, 5.0, 5)
    assert spread([7.0]).median == spread([7.0]).lower_quartile == 7.0
    with pytest.raises(ValueError, match="nothing was measured"):
        spread([])


def test_ratios_pair_the_rounds_of_the_same_seconds() -> None:
    """A machine that slows down for all changes no ratio; a round without a partner is refused."""
    assert ratios([60.0, 20.0], [100.0, 40.0]) == [0.6, 0.5]
    with pytest.raises(ValueError, match="argument"):
        ratios([1.0], [])


@pytest.mark.parametrize(
    ("key", "value", "met"),
    [
        ("ratio_echo", 1.60, True),  # a bound is reached by equality
        ("ratio_echo", 1.59, False),
        ("claim_ns", 99.0, True),  # the smaller the better
        ("claim_ns", 101.0, False),
        ("first_order_s", 3.0, True),
    ],
)
def test_targets_know_their_direction(key: str, value: float, met: bool) -> None:
    """Rates must reach their target, costs must not exceed theirs."""
    assert GOALS[key].met(value) is met


def test_a_report_of_the_loader_is_read_from_its_last_line() -> None:
    """wrk's own text before the JSON line is skipped; none at all is an error with what it said."""
    line = (
        '{"requests": 3, "duration_us": 1500000, "broken": 0, "laps": 0,'
        ' "p50_us": 5, "p99_us": 9, "answers": {"409 sold-out": 3}}'
    )
    read = parse_report(f"Running 2s test\n  1 threads\n{line}\n", "")
    assert (read.requests, read.duration_s, read.answers) == (3, 1.5, {"409 sold-out": 3})
    with pytest.raises(LoaderError, match="unable to connect"):
        parse_report("", "unable to connect to 127.0.0.1:1")


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
async def test_the_loader_counts_every_answer_of_the_echo(tmp_path: Path) -> None:
    """A short load of the echo: all answers are 200, none is lost, repeats are told."""
    path = tmp_path / "load"
    write_requests(path, CREDENTIALS, single_orders("S"), prefix="p", count=2, slices=1)
    runner = web.AppRunner(application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        result = await asyncio.wait_for(
            run_load(port=port, requests=path, seconds=0.3, connections=2, threads=1), PATIENCE_S
        )
    finally:
        await runner.cleanup()
    assert result.requests > 2
    assert result.answers == {"200": result.requests}
    assert result.laps > 0
    assert result.duration_s > 0.2


def test_a_code_file_has_as_many_distinct_codes_as_asked(tmp_path: Path) -> None:
    """The import's file has a header and distinct codes, none of them blank or with a comma."""
    path = tmp_path / "codes.csv"
    write_code_file(path, 1234)
    header, *rows = path.read_text(encoding="ascii").splitlines()
    assert header == "code,pin"
    assert len({row.split(",")[0] for row in rows}) == len(rows) == 1234
    assert {len(row.split(",")[0]) for row in rows} == {20}


def record_of(directory: Path, **values: float) -> dict[str, Any]:
    """A result of these figures."""
    figures = [Figure(key=key, spread=spread([value])) for key, value in values.items()]
    return build_record(figures, plan(directory), failures={}, not_measured={}, audit={"ok": True})


def test_the_table_says_what_was_met_missed_and_not_measured(tmp_path: Path) -> None:
    """One row per published figure: bold when the target was met, plain when missed."""
    table = markdown(record_of(tmp_path, ratio_echo=1.71, claim_ns=140.0))
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if line[:2] == "| "}
    assert "**1.71 ×**" in rows[GOALS["ratio_echo"].title]
    assert "| 140 ns |" in rows[GOALS["claim_ns"].title]
    assert "not measured" in rows[GOALS["first_order_s"].title]
    assert len(rows) == len(GOALS) + 1


def test_the_newest_record_is_found_by_its_date(tmp_path: Path) -> None:
    """The date within decides, not the file's name or time; a record survives the file."""
    older = {**record_of(tmp_path, ratio_echo=1.0), "date": "2026-01-01T00:00:00+00:00"}
    newer = {**record_of(tmp_path, ratio_echo=2.0), "date": "2026-01-02T00:00:00+00:00"}
    results = tmp_path / "results"
    assert newest_record(results) is None
    write_record({**newer, "commit": "a" * 40}, results)
    write_record({**older, "commit": "f" * 40}, results)
    found = newest_record(results)
    assert found is not None
    assert found["figures"]["ratio_echo"]["value"] == 2.0


def test_an_older_result_is_read_by_todays_names(tmp_path: Path) -> None:
    """A figure that has another name now is found by that; one that went is not in the way.

    Seen red: the report of the results there are ended in a KeyError.
    """
    record = record_of(tmp_path, ratio_echo=1.0, import_peak_mb=140.0)
    figures = record["figures"]
    old = {"import_peak_rss_mb": figures.pop("import_peak_mb"), "ratio_after_1m_orders": {}}
    write_record({**record, "figures": {**figures, **old}}, tmp_path / "results")
    found = newest_record(tmp_path / "results")
    assert found is not None
    assert set(found["figures"]) == {"ratio_echo", "import_peak_mb"}


def test_a_round_without_answers_is_said() -> None:
    """Not a division by nothing: rounds are too short for the machine.

    Seen red: it was one.
    """
    with pytest.raises(ValueError, match="--seconds"):
        ratios([1.0, 2.0], [1.0, 0.0])


def test_a_readme_keeps_all_but_the_table() -> None:
    """Only what stands between the marks is replaced; a README without marks is refused."""
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replace_table(text, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(ValueError, match="bench:begin"):
        replace_table("no marks", "new")


def test_processor_time_counts_children() -> None:
    """What a child burnt belongs to its parent's cost, while it lives and after it was reaped."""
    code = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    before = tree_cpu_s(os.getpid())
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    alive = tree_cpu_s(os.getpid())
    assert tree_cpu_s(child.pid) >= 0.25
    child.communicate(b"\n")
    assert alive - before >= 0.25
    assert tree_cpu_s(os.getpid()) >= alive
    assert tree_cpu_s(child.pid) == 0  # gone: nothing to count


def test_what_a_line_costs_is_told_in_echoes_of_its_round() -> None:
    """All processes of a side, for each line that counted, over the echo's for each of its own; a
    round of which nothing counted is no division by zero."""

    def one(goodput: int, **cpu_s: float) -> Round:
        return Round(load=cast("Any", None), goodput=goodput, cpu_s=cpu_s, wal_bytes=900)

    ours = [one(100, server=0.2, database=0.1), one(0, server=0.0, database=0.0)]
    echo = [one(200, server=0.1), one(100, server=0.1)]
    assert in_echoes(ours, echo) == pytest.approx([6.0, 0.0])
    assert (ours[0].wal_per_line, ours[1].wal_per_line) == (9.0, 900.0)


async def test_the_protocol_echo_answers_as_the_other_one() -> None:
    """The same JSON, requests in a row on one connection, in pieces too."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    request = b'POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"a":"x"}'
    writer.write(request + request[:30])
    assert (await reader.readuntil(b"}")).endswith(b'\r\n\r\n{"a": "x"}')
    writer.write(request[30:])
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 OK\r\n")
    writer.close()
    server.close()
