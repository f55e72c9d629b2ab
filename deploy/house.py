"""Draws the house from its imports: `python deploy/house.py > deploy/house.svg`.

A room is a folder of `gateway` (or a file at its top); it stands one floor above the highest room
it imports. Nothing is drawn by hand: a test says when the picture is out of date.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, MARGIN = 130, 36, 22, 52, 20


def room_of(module: str) -> str:
    """`gateway.orders.place` → `orders`; a file at the top is a room of its own."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def modules(package: Path) -> Iterator[tuple[str, str]]:
    """(dotted name, source) of every module."""
    for path in sorted(package.rglob("*.py")):
        dotted = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        yield dotted.removesuffix(".__init__"), path.read_text(encoding="utf-8")


def imported(source: str) -> Iterator[str]:
    """Every name that a module imports from the gateway."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name


def read_house(package: Path) -> dict[str, set[str]]:
    """The rooms, each with the rooms it imports."""
    rooms: dict[str, set[str]] = {}
    for module, source in modules(package):
        here = room_of(module)
        if here == package.name:
            continue
        ours = (name for name in imported(source) if name.startswith(f"{package.name}."))
        rooms.setdefault(here, set()).update(room_of(name) for name in ours)
    return {name: (others & set(rooms)) - {name} for name, others in rooms.items()}


def floors(rooms: Mapping[str, set[str]]) -> dict[str, int]:
    """The floor of each room: one above the highest it imports. Raises CycleError on a circle."""
    level: dict[str, int] = {}
    for name in TopologicalSorter(rooms).static_order():
        level[name] = 1 + max((level[to] for to in rooms[name]), default=-1)
    return level


def draw(rooms: Mapping[str, set[str]]) -> str:
    """The SVG, the same for the same imports."""
    level = floors(rooms)
    height = max(level.values()) + 1
    rows = [sorted(name for name in rooms if level[name] == n) for n in reversed(range(height))]
    width = max(map(len, rows)) * (BOX_WIDTH + GAP_X) - GAP_X + 2 * MARGIN
    total = height * (BOX_HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    place: dict[str, tuple[float, float]] = {}
    for n, row in enumerate(rows):
        left = (width - len(row) * (BOX_WIDTH + GAP_X) + GAP_X) / 2
        for k, name in enumerate(row):
            place[name] = (left + k * (BOX_WIDTH + GAP_X), MARGIN + n * (BOX_HEIGHT + GAP_Y))
    ways = [_way(place, name, to) for name in sorted(rooms) for to in sorted(rooms[name])]
    boxes = [_box(name, *place[name]) for row in rows for name in row]
    return "\n".join([_head(width, total), *ways, *boxes, "</svg>", ""])


def _head(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        ' font-family="system-ui, sans-serif" role="img"'
        ' aria-label="The rooms of Quangate and what they import">\n'
        "<style>.box{fill:#f7f5ef;stroke:#5b5a55}.name{font-size:14px;fill:#1c1c1a}"
        ".way{fill:none;stroke:#8a8880;stroke-opacity:.5}"
        "@media(prefers-color-scheme:dark){.box{fill:#262622;stroke:#a8a69c}"
        ".name{fill:#f2f0e8}.way{stroke:#a8a69c}}</style>"
    )


def _way(place: Mapping[str, tuple[float, float]], name: str, to: str) -> str:
    (x1, y1), (x2, y2) = place[name], place[to]
    x1, y1, x2 = x1 + BOX_WIDTH / 2, y1 + BOX_HEIGHT, x2 + BOX_WIDTH / 2
    middle = (y1 + y2) / 2
    return (
        f'<path class="way" d="M{x1:.0f} {y1:.0f}C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f}'
        f' {x2:.0f} {y2:.0f}"><title>{escape(name)} imports {escape(to)}</title></path>'
    )


def _box(name: str, x: float, y: float) -> str:
    return (
        f'<rect class="box" x="{x:.0f}" y="{y:.0f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}"'
        f' rx="6"/><text class="name" x="{x + BOX_WIDTH / 2:.0f}" y="{y + BOX_HEIGHT / 2 + 5:.0f}"'
        f' text-anchor="middle">{escape(name)}</text>'
    )


def main() -> int:
    """Print the picture of this checkout."""
    sys.stdout.write(draw(read_house(ROOT / "gateway")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
