"""Functions that Redis runs for us: their text, and the names under which it knows them.

A library and its functions end in the digest of the text, as routines of the database do: workers
of two releases use one Redis side by side.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DIGEST: Final = "$digest"


@dataclass(frozen=True, slots=True)
class Library:
    """A library of functions, as Redis loads it."""

    text: str
    digest: str

    @classmethod
    def read(cls, path: Path) -> "Library":
        """The library of a `.lua` file."""
        text = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        return cls(text.replace(DIGEST, digest), digest)

    def function(self, name: str) -> str:
        """What a function of it, `quangate_NAME`, is called in Redis."""
        return f"quangate_{name}_{self.digest}"
