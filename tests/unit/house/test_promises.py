"""What the documents list, something makes: events, problems, kinds of entries and of SKUs."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from gateway.catalog.rules import SkuKind
from gateway.ground.http.problems import KINDS
from gateway.ledger.rules import EntryKind
from gateway.orders.rules import OrderState
from gateway.webhooks.http import WEBHOOK_TYPES

GATEWAY = Path(__file__).parents[3] / "gateway"
# Where they are listed, which makes nothing.
LISTS = {
    "ground/http/problems.py", "ground/http/openapi.py", "catalog/rules.py", "ledger/rules.py",
}  # fmt: skip
# Settling writes the state an order moved to behind "order.".
ORDER_EVENTS = {f"order.{state}" for state in OrderState} - {"order.processing"}


def sources(*suffixes: str) -> str:
    """All that makes something: sources without the lists, SQL without the tables."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(GATEWAY.rglob("*"))
        if path.suffix in suffixes
        and str(path.relative_to(GATEWAY)) not in LISTS
        and "migrations" not in path.parts
    )


def said() -> set[str]:
    """Texts of the code, but for what routes say of themselves: that is listed, not answered."""
    found = set()
    for path in sorted(GATEWAY.rglob("*.py")):
        if str(path.relative_to(GATEWAY)) in LISTS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        listed = {part for node in ast.walk(tree) if is_a_list(node) for part in ast.walk(node)}
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in listed
        }
    return found


def is_a_list(node: ast.AST) -> bool:
    """A route's description, or problems that several have in common."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "Operation"
    names = [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(name, ast.Name) and name.id.endswith("_PROBLEMS") for name in names)


SAID = said()


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_is_said_somewhere(code: str) -> None:
    """A problem is listed where something can answer it.

    Seen red with `busy`'s row taken out of order_problems: the route still lists it.
    """
    assert code in SAID


@pytest.mark.parametrize("event", WEBHOOK_TYPES)
def test_every_event_has_an_emitter(event: str) -> None:
    """An event that partners may wait for is written by some statement."""
    made = rf"'{re.escape(event)}'" + (r"|'order\.' \|\|" if event in ORDER_EVENTS else "")
    assert re.search(made, sources(".sql"))


@pytest.mark.parametrize("kind", get_args(EntryKind))
def test_every_kind_of_entry_has_an_emitter(kind: str) -> None:
    """Deposits and adjustments come from the desk, charges and refunds from SQL."""
    assert re.search(rf"'{kind}'", sources(".sql")) or f'"{kind}"' in sources(".py")


@pytest.mark.parametrize("kind", SkuKind)
def test_every_kind_of_sku_can_be_made(kind: SkuKind) -> None:
    """What products say they may be, `sku create --kind` takes."""
    from gateway.catalog import sku_desk as sku

    text = Path(str(sku.__file__)).read_text(encoding="utf-8")
    assert "SkuKind" in text or kind.value in text
