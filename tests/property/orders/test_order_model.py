"""The SQL of orders and leases against a model: any order of steps, the books add up after each.

Two workers refill, commit, die, give back; codes are voided while they are leased; orders are
repeated, changed, too dear, over a buyer's limit. The real functions run in a real database.
"""

import asyncio
import threading
import uuid
from collections.abc import Coroutine
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gateway.ground.sql.connecting import session_settings
from gateway.quotas.counting import count

CODES = 40
FUNDS_MINOR = 300
PRICE_MINOR = 7
LIMIT = 6  # pieces of the limited buyer
ASKED = ("quotas", "count_quota", "count_subject", "count_wanted", "ask_line", "ask_place")
PLACES = [*(f"${n}" for n in range(1, 29)), *(f"p_{a} => ${n}" for n, a in enumerate(ASKED, 29))]
COMMIT = f"SELECT * FROM commit_orders({', '.join(PLACES)})"
WORKERS = (uuid.UUID(int=1), uuid.UUID(int=2))
CREATED, REPLAYED, CONFLICT, TOO_DEAR, OVER_LIMIT = 1, 2, 3, 4, 5
TTL_S = 3600.0

# What every step has to leave intact; each gives rows when something is wrong.
CONSERVATION = """
SELECT p.size, p.size - p.next_seq
         + coalesce((SELECT sum(hi - lo) FROM fragment WHERE pool_id = p.id), 0)::bigint AS free,
       (SELECT count(*) FROM allocation WHERE pool_id = p.id AND order_id IS NOT NULL) AS delivered,
       (SELECT count(*) FROM allocation WHERE pool_id = p.id AND order_id IS NULL) AS void,
       (SELECT coalesce(sum(hi - lo - (SELECT count(*) FROM allocation a
                                       WHERE a.pool_id = l.pool_id AND seq >= lo AND seq < hi)), 0)
        FROM lease l WHERE pool_id = p.id AND state = 'active')::bigint AS leased
FROM pool p WHERE p.id = $1
"""


class Database:
    """A thread with an event loop and one connection: hypothesis is synchronous, asyncpg is not."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.connection: Any = self.run(asyncpg.connect(url, server_settings=session_settings()))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def fetch(self, query: str, *values: Any) -> list[Any]:
        """Rows."""
        return list(self.run(self.connection.fetch(query, *values)))

    def value(self, query: str, *values: Any) -> Any:
        """One value."""
        return self.run(self.connection.fetchval(query, *values))

    def close(self) -> None:
        """End the connection and the thread."""
        self.run(self.connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Orders(RuleBasedStateMachine):
    """The model: which orders exist, which codes each worker believes it may sell."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        name = uuid.uuid4().hex
        value = self.database.value
        self.partner = value(
            "INSERT INTO partner (name, webhook_secret) VALUES ($1, 'x') RETURNING id", name
        )
        self.pool = value("INSERT INTO pool (name, size) VALUES ($1, $2) RETURNING id", name, CODES)
        value("INSERT INTO account (partner_id) VALUES ($1)", self.partner)
        value(DEPOSIT, self.partner, FUNDS_MINOR)
        self.quota = value(LIMITED, name, LIMIT)
        self.next_order = value("SELECT coalesce(max(id), 0) + 1 FROM orders")
        self.orders: dict[str, tuple[int, bytes, int, bool]] = {}  # number → id, hash, qty, limited
        self.hands: dict[uuid.UUID, list[tuple[int, int, int]]] = {w: [] for w in WORKERS}
        self.epochs: dict[int, int] = {}

    # ------------------------------------------------------------ steps

    @rule(worker=st.sampled_from(WORKERS), want=st.integers(1, 12))
    def refill(self, worker: uuid.UUID, want: int) -> None:
        """A worker asks for codes; the verdict must be the truth (I8)."""
        self._ask(worker, want)

    @rule(
        worker=st.sampled_from(WORKERS),
        lines=st.lists(
            st.tuples(st.integers(0, 12), st.integers(1, 3), st.booleans()), min_size=1, max_size=5
        ),
    )
    def commit(self, worker: uuid.UUID, lines: list[tuple[int, int, bool]]) -> None:
        """A worker commits a batch with the codes in its hand; each line's outcome is predicted."""
        if len(self.hands[worker]) < sum(quantity for _, quantity, _ in lines):
            self._ask(worker, CODES)  # as the gateway does: else hardly a batch would be sold
        batch: list[Any] = []
        for number, quantity, limited in lines:
            if len(self.hands[worker]) < quantity or f"n{number}" in {line[0] for line in batch}:
                continue
            codes = [self.hands[worker].pop(0) for _ in range(quantity)]
            batch.append((f"n{number}", quantity, limited, codes))
        if not batch:
            return
        live = [code for line in batch for code in line[3] if self._is_live(code)]
        if len(live) < sum(len(line[3]) for line in batch):
            with pytest.raises(asyncpg.PostgresError, match="lease lost"):
                self._commit(batch)
            self.hands[worker] += live
            return
        outcomes = self._commit(batch)
        for line, (outcome, order_id) in zip(batch, outcomes, strict=True):
            assert outcome == self._predict(line)
            if outcome == CREATED:
                self.orders[line[0]] = (order_id, content(line), line[1], line[2])
            else:
                self.hands[worker] += line[3]

    @rule(worker=st.sampled_from(WORKERS))
    def die(self, worker: uuid.UUID) -> None:
        """A worker is gone: others take its codes back; it may wake later and try to sell them."""
        self.database.value("SELECT reclaim($1::uuid[])", [worker])

    @rule(worker=st.sampled_from(WORKERS))
    def give_back(self, worker: uuid.UUID) -> None:
        """A worker returns all it holds."""
        self.database.value("SELECT give_back($1, $2, '{}')", worker, self.pool)
        self.hands[worker] = [code for code in self.hands[worker] if self._is_live(code)]

    @rule(seqs=st.lists(st.integers(0, CODES - 1), min_size=1, max_size=6))
    def void(self, seqs: list[int]) -> None:
        """Codes are taken off sale, leased or not; those sold stay sold (faults 77)."""
        sold = self._allocated()
        voided = self.database.value("SELECT void_codes($1, $2, 'test')", self.pool, seqs)
        assert voided == len(set(seqs) - sold)

    @precondition(lambda self: bool(self.orders))
    @rule(data=st.data(), worker=st.sampled_from(WORKERS))
    def replay(self, data: st.DataObject, worker: uuid.UUID) -> None:
        """An accepted number comes again: it is what it was, and keeps no code for it (I5)."""
        number = data.draw(st.sampled_from(sorted(self.orders)))
        order_id, digest, quantity, limited = self.orders[number]
        codes = [code for code in self.hands[worker] if self._is_live(code)][:quantity]
        if len(codes) == quantity:
            line = (number, quantity, limited, codes)
            row = self.database.fetch(COMMIT, *columns(self, [line], digest))[0]
            assert (row["outcome"], row["existing"]) == ([REPLAYED], [order_id])

    # ------------------------------------------------------------ what always holds

    @invariant()
    def conserved(self) -> None:
        """I3: imported = delivered + free + leased + void."""
        (row,) = self.database.fetch(CONSERVATION, self.pool)
        parts = row["free"] + row["delivered"] + row["void"] + row["leased"]
        assert parts == CODES, dict(row)

    @invariant()
    def delivered_once(self) -> None:
        """I1, I2: each order has its quantity of codes, no code has two orders."""
        rows = self.database.fetch(
            "SELECT id, out_order_no, quantity, seqs FROM orders WHERE partner_id = $1",
            self.partner,
        )
        seqs = [seq for row in rows for seq in row["seqs"]]
        assert len(seqs) == len(set(seqs))
        assert {row["out_order_no"]: (row["id"], row["quantity"]) for row in rows} == {
            number: (order[0], order[2]) for number, order in self.orders.items()
        }
        assert all(len(row["seqs"]) == row["quantity"] for row in rows)
        assert set(seqs) <= self._allocated()

    @invariant()
    def money_adds_up(self) -> None:
        """I10: the balance is the deposit less what the orders cost, and the sum of its entries."""
        spent = PRICE_MINOR * sum(order[2] for order in self.orders.values())
        row = self.database.fetch(
            "SELECT balance, (SELECT sum(amount) FROM entry WHERE partner_id = $1) AS sum"
            " FROM account WHERE partner_id = $1",
            self.partner,
        )[0]
        assert row["balance"] == row["sum"] == FUNDS_MINOR - spent

    # ------------------------------------------------------------ helpers of the model

    def _ask(self, worker: uuid.UUID, want: int) -> None:
        held = list({code[0] for code in self.hands[worker]})
        rows = self.database.fetch(
            "SELECT * FROM refill($1, $2, $3, $4, $5)", worker, self.pool, want, held, TTL_S
        )
        free, holders = self._free_before(rows), self._holders()
        if rows[0]["verdict"] == "granted":
            for row in rows:
                assert row["epoch"] > self.epochs.get(row["lease_id"], 0)
                self.epochs[row["lease_id"]] = row["epoch"]
                hand = [(row["lease_id"], row["epoch"], seq) for seq in range(row["lo"], row["hi"])]
                self.hands[worker] += hand
            return
        assert free == 0
        truth = "sold_out" if not holders else "mine" if holders == {worker} else "others"
        assert rows[0]["verdict"] == truth

    def _commit(self, batch: list[Any]) -> list[tuple[int, int]]:
        arguments = columns(self, batch)
        ids = arguments[3]
        self.next_order += len(batch)
        row = self.database.fetch(COMMIT, *arguments)[0]
        return list(zip(row["outcome"], ids, strict=True))

    def _predict(self, line: Any) -> int:
        """Called before the model takes the line in."""
        number, quantity, limited, _ = line
        if number in self.orders:
            return REPLAYED if self.orders[number][1] == content(line) else CONFLICT
        bought = sum(order[2] for order in self.orders.values() if order[3])
        if limited and bought + quantity > LIMIT:
            return OVER_LIMIT
        spent = PRICE_MINOR * sum(order[2] for order in self.orders.values())
        return TOO_DEAR if spent + PRICE_MINOR * quantity > FUNDS_MINOR else CREATED

    def _is_live(self, code: tuple[int, int, int]) -> bool:
        lease_id, epoch, _ = code
        return bool(
            self.database.value(
                "SELECT epoch = $2 AND state = 'active' FROM lease WHERE id = $1", lease_id, epoch
            )
        )

    def _holders(self) -> set[uuid.UUID]:
        rows = self.database.fetch(
            "SELECT DISTINCT worker_id FROM lease WHERE pool_id = $1 AND state = 'active'",
            self.pool,
        )
        return {uuid.UUID(str(row["worker_id"])) for row in rows}

    def _free_before(self, granted: list[Any]) -> int:
        (row,) = self.database.fetch(CONSERVATION, self.pool)
        return int(row["free"]) + sum((r["hi"] or 0) - (r["lo"] or 0) for r in granted)

    def _allocated(self) -> set[int]:
        rows = self.database.fetch("SELECT seq FROM allocation WHERE pool_id = $1", self.pool)
        return {row["seq"] for row in rows}


LIMITED = "INSERT INTO quota (name, per, span, most) VALUES ($1, 'buyer', 'ever', $2) RETURNING id"
DEPOSIT = """
WITH money AS (
    INSERT INTO entry (partner_id, seq, kind, amount, balance_after)
    VALUES ($1, 1, 'deposit', $2, $2)
)
UPDATE account SET balance = $2, last_entry = 1 WHERE partner_id = $1
"""


def content(line: Any) -> bytes:
    """What stands for the order's content."""
    return bytes([line[1], line[2]]) * 8


def columns(machine: Orders, batch: list[Any], digest: bytes | None = None) -> list[Any]:
    """The arguments of commit_orders for (number, quantity, limited, codes) lines."""
    n = len(batch)
    none = [None] * n
    codes = [(i, code) for i, line in enumerate(batch, 1) for code in line[3]]
    leases = sorted({(code[0], code[1]) for _, code in codes})
    ids = [machine.next_order + i for i in range(n)]
    firsts = [1 + sum(len(line[3]) for line in batch[:i]) for i in range(n)]
    quotas = [f'[[{machine.quota}, "b"]]' if line[2] else None for line in batch]
    asked = count(quotas, [line[1] for line in batch])
    return [
        uuid.uuid4(), 0, [machine.partner] * n, ids, [line[0] for line in batch],
        [digest or content(line) for line in batch], [1] * n, [line[1] for line in batch],
        [line[1] * PRICE_MINOR for line in batch], [machine.pool] * n, firsts,
        none, none, none, [False] * n, none,
        none, none, none, none, none, WORKERS[0],
        [i for i, _ in codes], [code[2] for _, code in codes], [code[0] for _, code in codes],
        [lease[0] for lease in leases], [lease[1] for lease in leases],
        machine.next_order % 2 == 0,  # "all numbers are new", true or not
        quotas, [c.quota for c in asked.counts], [c.subject for c in asked.counts],
        [c.wanted for c in asked.counts], asked.lines, asked.places,
    ]  # fmt: skip


@pytest.mark.slow
def test_the_books_add_up_after_any_steps(database_url: str) -> None:
    """No sequence of steps breaks conservation, single delivery, the money, limits or replays."""
    Orders.database = Database(database_url)
    try:
        run_state_machine_as_test(
            Orders,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                phases=[Phase.generate],  # a database is too slow to shrink on
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        Orders.database.close()
