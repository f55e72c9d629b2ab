"""Orders that are followed, in PostgreSQL."""

from typing import Any

from gateway.channels.rules import ChannelAccount
from gateway.channels.task_rules import Task, TaskState
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


class SQL(Statements, file="channels/task_queries"):
    """Tasks and turns."""

    add_task: Statement[[int, str, int, str], None]
    ask_refund: Statement[[int, str, int], None]
    take_tasks: Statement[[int, float], Task]
    move_task: Statement[[int, str, str, str, str, str | None, float | None], None]
    take_turn: Statement[[int, float], int]


class TaskStore:
    """Tasks over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def add(self, account: ChannelAccount, number: str, wish: str) -> None:
        """Keep an order that the house told of. Idempotent by its number."""
        with unreachable_is_unavailable():
            await SQL.add_task.run(self._pool, account.partner_id, number, account.id, wish)

    async def ask_refund(self, account: ChannelAccount, number: str) -> None:
        """The buyer wants the money back: nothing new is begun, nothing is confirmed unseen."""
        with unreachable_is_unavailable():
            await SQL.ask_refund.run(self._pool, account.partner_id, number, account.id)

    async def take_due(self, limit: int, hold_s: float) -> list[Task]:
        """Those to look at; nobody else looks at them for `hold_s`."""
        with unreachable_is_unavailable():
            return await SQL.take_tasks.all(self._pool, limit, hold_s)

    async def move(
        self, task: Task, state: TaskState, *, wish: str, why: str | None, next_in_s: float | None
    ) -> None:
        """What became of looking; nothing if it has moved meanwhile."""
        with unreachable_is_unavailable():
            await SQL.move_task.run(
                self._pool, task.partner_id, task.number, task.state, state.value, wish, why,
                next_in_s,
            )  # fmt: skip

    async def take_turn(self, account: ChannelAccount, every_s: float) -> bool:
        """Whether it is our turn to ask the house for its orders."""
        with unreachable_is_unavailable():
            return await SQL.take_turn.one(self._pool, account.id, every_s) is not None
