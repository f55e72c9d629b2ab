"""Files that operators send: read as they come, sealed piece by piece, within bounds.

A body is `multipart/form-data` (the file and what is asked of it in parts), or the file itself,
with the rest in the query; a JSON body has no file.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import BodyPartReader, MultipartReader
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError

from gateway.ground.desk.upload import Taking, Upload
from gateway.ground.http.body import invalid
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Request

FILE: Final = "file"
UNDER_WAY_MAX: Final = 2  # in a worker, whoever sends them
FIELD_BYTES_MAX: Final = 4096
FIELDS_MAX: Final = 32
NAME_LENGTH_MAX: Final = 200
Seal = Callable[[bytes], bytes]


class UploadsUnderWay:
    """Which operators send files to this worker now: one each, and some together."""

    def __init__(self) -> None:
        self._who: set[int] = set()

    @contextmanager
    def of(self, operator_id: int) -> Iterator[None]:
        """While it is sent. Raises ProblemError: overloaded."""
        if operator_id in self._who or len(self._who) >= UNDER_WAY_MAX:
            raise ProblemError("overloaded", "Another file is being sent: one after the other.")
        self._who.add(operator_id)
        try:
            yield
        finally:
            self._who.discard(operator_id)


class _Sealing:
    """Takes bytes as they come; what is in the open is less than one piece."""

    def __init__(self, taking: Taking, seal: Seal) -> None:
        self._taking = taking
        self._seal = seal
        self._open = bytearray()
        self._hash = hashlib.sha256()
        self.pieces: list[bytes] = []
        self.size = 0

    def take(self, part: bytes) -> None:
        """Raises ProblemError: body-too-large."""
        self.size += len(part)
        if self.size > self._taking.bytes_max:
            raise too_large(self._taking)
        self._hash.update(part)
        self._open += part
        while len(self._open) >= self._taking.piece_bytes:
            self._put(self._taking.piece_bytes)

    def end(self, name: str) -> Upload:
        """The whole. Raises ProblemError for a file that is empty."""
        if self._open:
            self._put(len(self._open))
        if not self.size:
            raise invalid([(f"/{FILE}", "the file is empty")])
        return Upload(
            name=name, size=self.size, sha256=self._hash.digest(), pieces=tuple(self.pieces)
        )

    def _put(self, count: int) -> None:
        self.pieces.append(self._seal(bytes(self._open[:count])))
        del self._open[:count]


def too_large(taking: Taking) -> ProblemError:
    """What is too much for an upload is for the command line."""
    text = f"At most {taking.bytes_max} bytes are taken here; larger files by command line."
    return ProblemError("body-too-large", text)


async def read_upload(
    request: Request, query: Mapping[str, str], taking: Taking, seal: Seal
) -> tuple[Mapping[str, str], Upload]:
    """What is asked of the file, and the file. Raises ProblemError."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProblemError("unsupported-media-type", "Compressed bodies are not taken.")
    declared = request.headers.get("Content-Length")
    if declared is not None and int(declared) > taking.bytes_max + FIELDS_MAX * FIELD_BYTES_MAX:
        raise too_large(taking)
    if not request.body_exists:
        raise invalid([(f"/{FILE}", "send the file, as it is or as a part of a form")])
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    sealing = _Sealing(taking, seal)
    try:
        if request.content_type == "multipart/form-data":
            said, name = await _form(request, dict(query), sealing)
        else:
            said, name = dict(query), query.get(FILE, "upload")
            async for part in request.content.iter_any():
                sealing.take(part)
    except (ConnectionResetError, HttpProcessingError, RequestPayloadError, RuntimeError):
        raise ProblemError("malformed-json", "The body ended too early.") from None
    said[FILE] = _checked_name(name)
    return said, sealing.end(said[FILE])


async def _form(
    request: Request, said: dict[str, str], sealing: _Sealing
) -> tuple[dict[str, str], str]:
    name = None
    async for part in _parts(request):
        field = part.name or ""
        if part.filename is not None or field == FILE:
            if name is not None:
                raise invalid([(f"/{FILE}", "one file at a time")])
            name = part.filename or "upload"
            while chunk := await part.read_chunk():
                sealing.take(chunk)
            continue
        if field in said or len(said) >= FIELDS_MAX:
            raise invalid([(f"/{field}", "given twice")])
        said[field] = await _field(part, field)
    if name is None:
        raise invalid([(f"/{FILE}", "send the file as a part of the form")])
    return said, name


async def _parts(request: Request) -> AsyncIterator[BodyPartReader]:
    try:
        reader = MultipartReader(request.headers, request.content)
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise invalid([(f"/{FILE}", "a form within a form")])
            yield part
    except (ValueError, AssertionError):
        raise invalid([("", "the form cannot be read")]) from None


async def _field(part: BodyPartReader, name: str) -> str:
    text = bytearray()
    while chunk := await part.read_chunk(FIELD_BYTES_MAX):
        text += chunk
        if len(text) > FIELD_BYTES_MAX:
            raise invalid([(f"/{name}", "too long")])
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise invalid([(f"/{name}", "must be UTF-8")]) from None


def _checked_name(name: str) -> str:
    name = name.replace("\\", "/").rpartition("/")[2]
    if not (1 <= len(name) <= NAME_LENGTH_MAX and name.isprintable()):
        raise invalid([(f"/{FILE}", f"its name needs 1 to {NAME_LENGTH_MAX} printable characters")])
    return name


def as_text(said: Mapping[str, Any], upload: Upload) -> Mapping[str, Any]:
    """What tells two requests of one key apart: the file by its digest."""
    return {**said, "sha256": upload.sha256.hex()}
