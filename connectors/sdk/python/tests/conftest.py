"""The package under test: in QUANGATE_SDK (what a wheel left there), else this checkout's."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [
    os.environ.get("QUANGATE_SDK") or str(HERE.parent / "src"),
    str(HERE.parents[3]),
]

from connectors.sdk.conformance.server import serve  # noqa: E402
from connectors.sdk.live import running  # noqa: E402


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    """The address of a gateway that answers by a script."""
    server = serve()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def live() -> Iterator[str]:
    """Where the world of a running gateway is written: QUANGATE_LIVE, or one of our own."""
    given = os.environ.get("QUANGATE_LIVE")
    if given:
        yield given
        return
    with running(["python-waiting", "python-awaiting"]) as environment:
        yield environment["QUANGATE_LIVE"]
