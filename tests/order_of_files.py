"""In what order the files of tests run, so that with several workers none is idle at the end.

Files that wait (they start houses, kill them, drive a browser) are spread over the first half of
the run, between files that compute; long ones come before short ones: what is left at the end are
files of a second. Within a file nothing moves.
"""

from collections.abc import Callable, Iterable

import pytest

WAIT = ("tests/chaos/", "tests/browser/")
# From files of a minute to files of a moment; what is not named comes in the midst of them.
COMPUTE = ("tests/integration/", "tests/contract/", "", "tests/property/", "tests/unit/")
SPREAD = 0.5


def in_order(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The same tests, file by file."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    waiting = [name for name in files if name.startswith(WAIT)]
    computing = sorted((name for name in files if not name.startswith(WAIT)), key=_room)
    places = dict(_places(waiting, SPREAD)) | dict(_places(computing, 1.0))
    return [item for name in sorted(places, key=lambda name: places[name]) for item in files[name]]


def _room(name: str) -> int:
    starts: Callable[[str], bool] = name.startswith
    return next((n for n, room in enumerate(COMPUTE) if room and starts(room)), COMPUTE.index(""))


def _places(names: list[str], until: float) -> Iterable[tuple[str, float]]:
    return ((name, until * n / len(names)) for n, name in enumerate(names))
