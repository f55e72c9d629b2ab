"""What views declare is so in the real database: types, orders with an index, pages that meet."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from gateway.ground import house
from gateway.ground.desk.view import View
from gateway.ground.feature import CATALOG
from gateway.nouns import VIEWS
from tests.conftest import Cli, as_owner, in_own_loop
from tests.integration.audit.test_audit import WORLD

# How PostgreSQL gives what a column says it is. Ids are text: no program rounds one.
TYPES: Final[Mapping[str, set[str]]] = {
    "id": {"text"},
    "text": {"text"},
    "number": {"int2", "int4", "int8", "float8"},
    "money": {"int8"},
    "share": {"float8"},
    "seconds": {"int4", "int8", "float8"},
    "time": {"timestamptz"},
    "flag": {"bool"},
    "list": {"text[]", "cidr[]"},
    "json": {"json", "jsonb", "text"},
}
# The member with the rows, and what each is named by.
PAGED: Final = {
    "order": ("orders", "order_no"),
    "webhook": ("webhooks", "id"),
    "hold": ("holds", "hold_no"),
}


def named(view: View) -> str:
    """As it is typed."""
    return f"{view.noun.name} {view.verb}"


@pytest.fixture(scope="module")
def shop(command: Cli, database_url: str) -> Cli:
    """The audit's world: two partners with orders and messages."""
    assert command("keys", "create", "--json").returncode == 0
    in_own_loop(_make_world(as_owner(database_url)))
    return command


async def _make_world(dsn: str) -> None:
    import asyncpg

    from gateway.ground.sql.connecting import session_settings

    connection = await asyncpg.connect(dsn, server_settings=session_settings())
    await connection.execute(WORLD)
    await connection.execute(
        "INSERT INTO webhook (id, partner_id, type, sequence, state, attempts)"
        " SELECT 4710 + n, p.id, 'test', 1, 'dead', 10 FROM partner p, generate_series(1, 5) n"
        " WHERE p.name = 'acme'"
    )
    await connection.execute(
        "INSERT INTO hold (partner_id, id, out_hold_no, content_hash, sku_id, quantity, amount,"
        " expires_at, created_at, updated_at)"
        " SELECT p.id, 650 + row_number() OVER (ORDER BY n, p.id), 'page' || n, '', s.id, 1, 1,"
        " now() + interval '1 hour', now(), now()"
        " FROM partner p, sku s, generate_series(1, 3) n WHERE s.sku = 'VIP'"
    )
    await connection.close()


@pytest.mark.parametrize("view", VIEWS, ids=named)
async def test_columns_are_what_they_say(connection: Any, view: View) -> None:
    """Money is whole minor units, ids are text, times have a zone.

    Seen red with an order's `amount` as a number of kind `text`.
    """
    prepared = await connection.prepare(view.statement.text)
    found = {attribute.name: attribute.type.name for attribute in prepared.get_attributes()}
    kinds = {column.name: column.kind for column in view.columns}
    assert found.keys() <= kinds.keys()  # what is given is declared
    for name, type_ in found.items():
        assert type_ in TYPES[kinds[name]], (name, type_)


@pytest.mark.parametrize("view", VIEWS, ids=named)
async def test_an_order_is_an_index_s(connection: Any, view: View) -> None:
    """Its columns are those the index begins with. Seen red with (id) of orders_pkey."""
    for key in view.sort:
        columns = await connection.fetchval(
            "SELECT array_agg(a.attname::text ORDER BY k.n) FROM pg_index i"
            " CROSS JOIN unnest(i.indkey) WITH ORDINALITY k (attnum, n)"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
            " WHERE i.indexrelid = ('public.' || $1)::regclass",
            key.index,
        )
        assert tuple(columns[: len(key.columns)]) == key.columns


@pytest.mark.parametrize("view", VIEWS, ids=named)
async def test_what_grows_with_orders_is_seen_in_pages(connection: Any, view: View) -> None:
    """A view without a cursor is of a table that grows with what is sold and to whom only.

    Seen red without the cursor of `webhook list`.
    """
    table = await connection.fetchval(
        "SELECT relname::text FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid"
        " WHERE i.indexrelid = ('public.' || $1)::regclass",
        view.sort[0].index,
    )
    assert view.cursor is not None or house.tables()[table].kept == CATALOG
    assert "offset " not in view.statement.text.lower().replace("offset 0)", "")


@pytest.mark.parametrize(
    "words",
    [
        "order list", "order list --partner acme", "webhook list", "webhook list --state dead",
        "hold list", "hold list --state held",
    ],
)  # fmt: skip
def test_pages_meet(shop: Cli, words: str) -> None:
    """Page by page everything once, the newest first; the last page names no next one.

    Seen red with `<=` for the cursor of the statement.
    """
    list_, key = PAGED[words.split(maxsplit=1)[0]]
    whole = [row[key] for row in shop(*words.split(), "--json").json[list_]]
    assert len(whole) > 2
    assert "next_cursor" not in shop(*words.split(), "--json").json
    seen: list[str] = []
    cursor: list[str] = []
    while True:
        page = shop(*words.split(), "--limit", "2", *cursor, "--json").json
        seen += [row[key] for row in page[list_]]
        if "next_cursor" not in page:
            break
        cursor = ["--cursor", page["next_cursor"]]
    assert seen == whole
