"""Logging: structlog to stderr, as lines for people or as JSON, without secrets.

Events, not prose: `log.info("key.revoked", key_id=…)`. Whatever stands under a key that may
hold a secret is dropped before anything is written. Nothing here blocks: a line is one
write to stderr, and a full or closed stderr loses the line, never the order.
"""

import contextlib
import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

HIDDEN: Final = "[hidden]"

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


def set_up_logging(*, level: str, as_json: bool, stream: TextIO | None = None) -> None:
    """Set up structlog for this process; may be called again to change it."""
    out = stream or sys.stderr
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
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_secrets,
            structlog.processors.format_exc_info if as_json else _pass,
            _escape_controls,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=_Lossy(out)),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace the values under names that may hold secrets, also inside mappings and lists."""
    for name, value in event.items():
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


class _Lossy:
    """A text stream that drops what it cannot write (a full log disk, a closed pipe)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()
