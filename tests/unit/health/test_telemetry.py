"""Logs: no secrets, no forged lines, never in the way (invariant I12, faults 84, 92, 94)."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from gateway.ground.telemetry import HIDDEN, hide_secrets, name_things, set_up_logging
from tests.clock import PATIENCE_S

CANARY = "CANARY-4711"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def logged(*, as_json: bool = True, level: str = "info", **members: Any) -> str:
    """What one event writes."""
    out = io.StringIO()
    set_up_logging(level=level, as_json=as_json, stream=out)
    structlog.get_logger().info("event", **members)
    return out.getvalue()


@pytest.mark.parametrize(
    "members",
    [
        {"secret": CANARY},
        {"webhook_secret": CANARY},
        {"code": CANARY},
        {"codes": [CANARY]},
        {"pin": CANARY},
        {"signature": CANARY},
        {"X-Quangate-Signature": CANARY},
        {"signing_key": CANARY},
        {"delivery_key": CANARY},
        {"api_key": CANARY},
        {"jwe": CANARY},
        {"account": CANARY},  # a full account number
        {"body": CANARY},
        {"password": CANARY},
        {"authorization": CANARY},
        {"order": {"lines": [{"code": CANARY}]}},  # inside mappings and lists
        {"payload": CANARY.encode()},  # bytes are only measured
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_secrets_are_dropped(members: dict[str, Any], as_json: bool) -> None:
    """What stands under a name that may hold a secret is never written, in either form."""
    line = logged(as_json=as_json, **members)
    assert "event" in line
    assert CANARY not in line


def test_names_of_things_stay() -> None:
    """Ids that only contain the word key, and ordinary members, are written."""
    event = hide_secrets(None, "info", {"key_id": "qk_1", "order_no": "5", "keyboard": "x"})
    assert event == {"key_id": "qk_1", "order_no": "5", "keyboard": "x"}
    assert hide_secrets(None, "info", {"key": "x"}) == {"key": HIDDEN}


@pytest.mark.parametrize("as_json", [True, False])
def test_text_from_outside_forges_no_line(as_json: bool) -> None:
    """A line end or a terminal escape in a member stays inside its line, visibly."""
    line = logged(as_json=as_json, out_order_no="a\r\nlevel=error forged \x1b[31mred")
    assert line.count("\n") == 1
    assert "\x1b[31m" not in line
    assert "\r" not in line


def test_a_level_is_a_threshold() -> None:
    """Events below the level are not written."""
    assert logged(level="warning") == ""
    assert json.loads(logged(level="info"))["event"] == "event"


def test_libraries_log_in_the_same_form() -> None:
    """What a library logs through the standard library becomes an event of ours."""
    out = io.StringIO()
    set_up_logging(level="info", as_json=True, stream=out)
    logging.getLogger("somebody.else").warning("careful: %s", "x\ny")
    event = json.loads(out.getvalue())
    assert (event["event"], event["level"]) == ("library", "warning")
    assert (event["library"], event["message"]) == ("somebody.else", r"careful: x\x0ay")


def test_a_library_that_tries_again_writes_one_line_without_its_insides() -> None:
    """As asyncpg's pool does twice a second while the database is away; errors keep theirs."""
    out = io.StringIO()
    set_up_logging(level="info", as_json=False, stream=out)
    library = logging.getLogger("some.pool")
    refused = ConnectionRefusedError(111, "Connection refused")
    for _ in range(3):
        library.warning("Failed to restore the floor; retrying", exc_info=refused)
    line = out.getvalue()
    assert line.count("\n") == 1
    assert "ConnectionRefusedError" in line
    library.error("Broken", exc_info=(type(refused), refused, None))
    assert "Connection refused" in out.getvalue()


class _Stuck(io.StringIO):
    """A stream that does not take anything until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def write(self, text: str) -> int:
        self.let_go.wait(PATIENCE_S)
        return super().write(text)


def test_a_stuck_stderr_stops_nothing() -> None:
    """With a background writer, logging returns at once although nothing can be written."""
    out = _Stuck()
    set_up_logging(level="info", as_json=True, background=True, stream=out)
    log = structlog.get_logger()
    for number in range(20_000):  # more than may wait: this returns, whatever the stream does
        log.info("event", number=number)
    assert out.getvalue() == ""
    out.let_go.set()


def test_a_closed_stderr_stops_nothing() -> None:
    """A stream that fails loses the line and raises nothing."""
    out = io.StringIO()
    set_up_logging(level="info", as_json=True, stream=out)
    out.close()
    structlog.get_logger().info("event")


def test_an_id_is_said_with_its_name() -> None:
    """Whoever wrote the line had an id; whoever reads it knows names. What is said stays as it is.

    Seen red without the step.
    """
    name_things({"pool": {7: "steam-50"}, "upstream": {3: "north"}})
    try:
        line = json.loads(logged(pool_id=7, upstream_id=3, attempt_id=9))
        assert (line["pool"], line["upstream"], line["attempt_id"]) == ("steam-50", "north", 9)
        assert "pool" not in json.loads(logged(pool_id=8))  # not known yet
        assert "pool" not in json.loads(logged(pool_id=[7]))
        assert json.loads(logged(pool_id=7, pool="mine"))["pool"] == "mine"
    finally:
        name_things({"pool": {}, "upstream": {}})
