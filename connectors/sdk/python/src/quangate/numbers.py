"""Order numbers that are on disk before they are sent: one for an intent, for ever."""

import hashlib
import os
import secrets
from pathlib import Path


class NumberStore:
    """A folder with one small file for each intent; any number of processes may share it.

    `number(intent)` gives the same number whenever the same intent (a basket, a payment, a row of
    your own) is asked for, also after a crash between asking and ordering.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._folder = Path(path)
        self._folder.mkdir(parents=True, exist_ok=True)

    def number(self, intent: str) -> str:
        """The number of an intent, made if there is none; durable when it is returned."""
        if not intent:
            raise ValueError("an intent has a name")
        file = self._folder / hashlib.sha256(intent.encode()).hexdigest()
        if not file.exists():
            self._make(file)
        return file.read_text("ascii")

    def _make(self, file: Path) -> None:
        draft = self._folder / f".{secrets.token_hex(16)}"
        try:
            with draft.open("x", encoding="ascii") as out:
                out.write(f"N{secrets.token_hex(16)}")
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(draft, file)  # whole or not at all, and never over another's
            except FileExistsError:
                return
            finally:
                self._sync()
        finally:
            draft.unlink(missing_ok=True)

    def _sync(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
