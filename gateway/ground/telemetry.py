"""Logging: structlog to stderr, as lines for people or as JSON, without secrets.

Events, not prose: `log.info("key.revoked", key_id=…)`. Whatever stands under a name that may
hold a secret is dropped before anything is written. In the gateway no line is ever waited
for: a thread writes them, and a stderr that is full, slow or closed loses lines, not orders.
"""

import atexit
import contextlib
import logging
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Protocol, TextIO

import structlog

from gateway.ground.repeats import Repeats

HIDDEN: Final = "[hidden]"
LINES_WAITING_MAX: Final = 10_000
CLOSE_TIMEOUT_S: Final = 1.0

# Names of members that never appear in a log, whatever they hold (invariant I12).
_SECRET_NAME = re.compile(
    r"(^|_)(secret|code|codes|pin|url_code|signature|sign|key|jwe|password|token|settings"
    r"|plaintext|authorization|account|body)($|_)"
)
# … except these, which only name things.
_HARMLESS: Final = frozenset({"key_id", "kek_id", "error_code", "exit_code", "status_code"})

_LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def set_up_logging(
    *, level: str, as_json: bool, background: bool = False, stream: TextIO | None = None
) -> None:
    """Set up logging for this process; may be called again to change it.

    `background` is for processes that must not wait for their log. What libraries log through
    the standard library from the level "warning" up comes out in the same form.
    """
    out = stream or sys.stderr
    sink: _Sink = _Background(out) if background else _Lossy(out)
    renderer: Any
    if as_json:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=True)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=out.isatty() and "NO_COLOR" not in os.environ,
            exception_formatter=structlog.dev.plain_traceback,
        )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            say_names,
            _say_at_intervals(),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_secrets,
            structlog.processors.format_exc_info if as_json else _pass,
            _escape_controls,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sink),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge(logging.WARNING)]
    root.setLevel(logging.WARNING)


# Names by kind of thing and id, as the catalog last had them: of this process's log, like its sink.
_names_by_id: dict[str, Mapping[int, str]] = {}


def name_things(names: Mapping[str, Mapping[int, str]]) -> None:
    """Lines that say `pool_id` and the like say from now on what that is called."""
    _names_by_id.update(names)


def say_names(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put the name beside an id: people at night know names, whoever wrote the line had the id."""
    for kind, names in _names_by_id.items():
        id_ = event.get(f"{kind}_id")
        if isinstance(id_, int) and id_ in names:
            event.setdefault(kind, names[id_])
    return event


# Members that tell apart what fails: each such thing has its own line.
_NAMES: Final = ("channel", "upstream", "table", "what", "library", "reason")


def _say_at_intervals() -> structlog.typing.Processor:
    """A step that keeps back repeats of a failure that is expected: an `error` without traceback.

    While the database is away everything that needs it fails several times a second.
    """
    repeats = Repeats()

    def step(_logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
        if "error" not in event or method not in {"info", "warning"} or event.get("exc_info"):
            return event
        kind = (event["event"], *(str(event.get(name)) for name in _NAMES))
        kept_back = repeats.counted(kind, time.monotonic())
        if kept_back is None:
            raise structlog.DropEvent
        if kept_back:
            event["repeated"] = kept_back
        return event

    return step


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace the values under names that may hold secrets, also inside mappings and lists."""
    for name, value in event.items():
        if name != "exc_info":  # it is a triple: as a list it would be no exception any more
            event[name] = HIDDEN if _is_secret(name) else _hide_within(value)
    return event


def _is_secret(name: object) -> bool:
    text = str(name).lower().replace("-", "_")
    return text not in _HARMLESS and _SECRET_NAME.search(text) is not None


def _hide_within(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: HIDDEN if _is_secret(k) else _hide_within(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_hide_within(part) for part in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return value


def _escape_controls(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    # A CR, LF or escape sequence from outside must not forge a line or colour a terminal.
    for name, value in event.items():
        if name not in {"exc_info", "exception"} and isinstance(value, str):
            event[name] = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in value)
    return event


def _pass(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event


class _Sink(Protocol):
    """Where rendered lines go."""

    def write(self, text: str) -> int:
        """Take a piece of a line."""

    def flush(self) -> None:
        """The line is complete."""


class _Lossy:
    """A text stream that drops what it cannot write (a full log disk, a closed pipe)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write it, or lose it."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or lose what was there."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


class _Background:
    """Hands lines to a thread; when it cannot keep up, lines are dropped and counted."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = _Lossy(stream)
        self._lines: queue.Queue[str | None] = queue.Queue(LINES_WAITING_MAX)
        self._dropped = 0
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, text: str) -> int:
        """Queue it; never waits."""
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self._dropped += 1
        return len(text)

    def flush(self) -> None:
        """The thread flushes."""

    def close(self) -> None:
        """Give the thread a moment to write what is waiting."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
            self._thread.join(CLOSE_TIMEOUT_S)

    def _work(self) -> None:
        while (text := self._lines.get()) is not None:
            self._stream.write(text)
            if self._lines.empty():
                dropped, self._dropped = self._dropped, 0
                if dropped:
                    self._stream.write(f"{dropped} log lines dropped: stderr was too slow\n")
                self._stream.flush()
        self._stream.flush()


class _Bridge(logging.Handler):
    """Passes on what libraries log through the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log it as an event of that library. A warning is about what the library goes on after
        (a connection that it makes anew): its error is named, its traceback is nobody's.
        """
        log = structlog.get_logger()
        said = {"library": record.name, "message": record.getMessage()}
        if record.levelno > logging.WARNING:
            log.error("library", **said, exc_info=record.exc_info)
        elif record.exc_info and record.exc_info[1] is not None:
            log.warning("library", **said, error=type(record.exc_info[1]).__name__)
        else:
            log.warning("library", **said)
