"""Requests and answers as the bench's partner reads them: bytes."""

from collections.abc import Iterator, Sequence
from pathlib import Path


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Quantiles of these times, in ms."""
    ordered = sorted(seconds) or [0.0]
    last = len(ordered) - 1
    marks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[int(last * share)] * 1000, 2) for name, share in marks.items()}


def requests(path: Path) -> Iterator[bytes]:
    """The requests of a file, one after the other."""
    with path.open("rb", buffering=1 << 20) as source:
        while size := source.read(8):
            yield source.read(int(size))


def split(buffer: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Head, body and the rest of the first HTTP message; None: it is not complete."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = buffer[:end].lower()  # names of headers come in any case, what we read of them has none
    whole = end + 4 + _body_bytes(head)
    if len(buffer) < whole:
        return None
    return head, buffer[end + 4 : whole], buffer[whole:]


def whole_bytes(buffer: bytes) -> int:
    """How long the first message is; 0: its head is not complete."""
    end = buffer.find(b"\r\n\r\n")
    return 0 if end < 0 else end + 4 + _body_bytes(buffer[:end].lower())


def _body_bytes(head: bytes) -> int:
    at = head.find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def member(text: bytes, name: bytes) -> bytes | None:
    """The value of a JSON member, given as `"name":"`, up to its closing quote."""
    at = text.find(name)
    if at < 0:
        return None
    at += len(name)
    return text[at : text.index(b'"', at)]
