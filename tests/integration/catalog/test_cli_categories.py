"""`quangate category`, and what SKUs are filed under."""

from typing import Any

import asyncpg
import pytest

from tests.conftest import Cli


@pytest.fixture(scope="module")
def tree(command: Cli) -> None:
    """a, b below it, c below that."""
    for name, *more in (("a",), ("b", "--parent", "a"), ("c", "--parent", "b")):
        made = command("category", "create", name, *more, "--json")
        assert made.json == {"category": name, "parent": more[1] if more else None}, made.stderr


@pytest.mark.usefixtures("tree")
def test_a_tree_is_listed_by_its_paths(command: Cli) -> None:
    """Each with its parent, its path, and the SKUs that lie in it alone."""
    command("pool", "create", "filed", "--json")
    command(
        "sku", "create", "FILED", "--name", "F", "--kind", "code", "--pool", "filed", "--price",
        "1", "--category", "c", "--tag", "x", "--tag", "y", "--tag", "x", "--json",
    )  # fmt: skip
    listed = command("category", "list", "--json").json["categories"]
    rows = {row["category"]: row for row in listed}
    assert (rows["c"]["parent"], rows["c"]["path"], rows["c"]["skus"]) == ("b", "a/b/c", 1)
    assert (rows["a"]["parent"], rows["a"]["skus"]) == (None, 0)
    shown = command("sku", "show", "FILED", "--json").json
    assert (shown["category"], shown["tags"]) == ("c", ["x", "y"])


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("category", "move", "a", "--parent", "c"), "below-itself", 1),
        (("category", "move", "a", "--parent", "a"), "below-itself", 1),
        (("category", "move", "a", "--parent", "no"), "not-found", 1),
        (("category", "move", "no"), "not-found", 1),
        (("category", "create", "a"), "already-exists", 1),
        (("category", "create", "d", "--parent", "no"), "not-found", 1),
        (("category", "create", "d e"), "invalid-argument", 2),
        (("sku", "create", "N", "--name", "N", "--kind", "code", "--pool", "filed", "--price", "1",
          "--category", "no"), "not-found", 1),
        (("sku", "create", "N", "--name", "N", "--kind", "code", "--pool", "filed", "--price", "1",
          "--tag", "a b"), "invalid-argument", 2),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    command: Cli, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    """A ring, a name that is none, that is there or is not; nothing is half done."""
    command("pool", "create", "filed", "--json")
    before = command("category", "list", "--json").json
    done = command(*arguments, "--json")
    assert (done.json["error"]["code"], done.returncode) == (code, exit_code), done.stderr
    assert command("category", "list", "--json").json == before


async def test_no_category_lies_below_itself(connection: Any) -> None:
    """Whoever writes it, the database refuses a ring.

    Seen red without the trigger category_tree.
    """
    await connection.execute(
        "INSERT INTO category (name) VALUES ('r1'), ('r2');"
        " UPDATE category SET parent_id = (SELECT id FROM category WHERE name = 'r1')"
        " WHERE name = 'r2'"
    )
    with pytest.raises(asyncpg.PostgresError, match="below itself"):
        await connection.execute(
            "UPDATE category SET parent_id = (SELECT id FROM category WHERE name = 'r2')"
            " WHERE name = 'r1'"
        )
