"""In what order the files of tests run."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.order_of_files import in_order


@dataclass(frozen=True)
class Item:
    """Of a test pytest's name is enough."""

    nodeid: str


def ordered(*names: str) -> list[str]:
    """The names, in the order they run in."""
    items: Any = [Item(name) for name in names]
    return [item.nodeid for item in in_order(items)]


def test_no_test_is_lost_and_none_moves_within_its_file() -> None:
    """A file stays one piece. Seen red with files that wait left out."""
    names = [f"{file}::test_{n}" for file in ("tests/unit/a", "tests/chaos/b") for n in (3, 1, 2)]
    names += ["tests/browser/c::test_x", "connectors/sdk/d::test_x", "tests/unit/e::test_x"]
    found = ordered(*names)
    assert sorted(names) == sorted(found)
    for file in {name.partition("::")[0] for name in names}:
        here = [name for name in names if name.startswith(file)]
        first = found.index(here[0])
        assert here == found[first : first + len(here)]


def test_what_waits_is_between_what_computes_and_nothing_long_is_last() -> None:
    """Seen red in the order of collection: chaos stood first, and unit in front of the clients."""
    chaos = [f"tests/chaos/{n}::test" for n in range(4)]
    integration = [f"tests/integration/{n}::test" for n in range(4)]
    unit = [f"tests/unit/{n}::test" for n in range(4)]
    found = ordered(*chaos, *integration, *unit, "connectors/sdk/live::test")
    places = [found.index(name) for name in chaos]
    assert all(later - earlier > 1 for earlier, later in pairwise(places))
    assert places[-1] < len(found) * 2 / 3
    assert found.index("connectors/sdk/live::test") < found.index(unit[0])
    assert unit == found[-4:]
