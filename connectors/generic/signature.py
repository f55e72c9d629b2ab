"""The digest of a request or a callback, as `[sign]` says. Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.generic.template import Template, Value
from connectors.spelled import canonical_texts, written


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a signature is made. `field` or `header` is where it stands, the other is empty."""

    digest: str
    text: Template
    key: Template | None
    skip_empty: bool
    upper: bool
    field: str
    header: str
    without: frozenset[str]

    def names(self) -> frozenset[str]:
        """The placeholders that it is made of."""
        key = self.key.placeholders if self.key else ()
        return frozenset(one.name for one in (*self.text.placeholders, *key))

    def sign(self, fields: Mapping[str, Any], body: bytes, values: Mapping[str, Value]) -> str:
        """The signature of what is sent; `values` are the settings and the time."""
        return self._digest(self._texts(fields, body, values)[0], values)

    def fits(
        self, given: str, fields: Mapping[str, Any], body: bytes, values: Mapping[str, Value]
    ) -> bool:
        """Whether a signature that came is right; in constant time, its case does not count."""
        texts = self._texts(fields, body, values)
        wanted = [self._digest(text, values).lower().encode() for text in dict.fromkeys(texts)]
        came = given.lower().encode("utf-8", "replace")
        return any([hmac.compare_digest(came, each) for each in wanted])  # noqa: C419

    def _texts(
        self, fields: Mapping[str, Any], body: bytes, values: Mapping[str, Value]
    ) -> tuple[str, ...]:
        """What is signed, in each way that JSON is spelled (which only `{json}` depends on)."""
        covered = {
            name: value
            for name, value in fields.items()
            if name not in self.without and name != self.field
        }
        pairs = [
            (name, text)
            for name, value in sorted(covered.items())
            if (text := field_text(value)) is not None and (text or not self.skip_empty)
        ]
        known = {
            **values,
            "pairs": "&".join(f"{name}={text}" for name, text in pairs),
            "concat": "".join(f"{name}{text}" for name, text in pairs),
            "body": body.decode("utf-8", "replace"),
        }
        if "json" not in self.names():
            return (self._filled(known),)
        return tuple(self._filled({**known, "json": each}) for each in _spellings(covered))

    def _filled(self, known: Mapping[str, Value]) -> str:
        text = self.text.fill(known, "CNY")
        return "" if text is None else str(text)

    def _digest(self, text: str, values: Mapping[str, Value]) -> str:
        message = text.encode("utf-8", "replace")
        if self.digest.startswith("hmac-"):
            key = str(self.key.fill(values, "CNY") if self.key else "")
            made = hmac.new(key.encode(), message, self.digest.removeprefix("hmac-")).hexdigest()
        else:
            made = hashlib.new(self.digest, message, usedforsecurity=False).hexdigest()
        return made.upper() if self.upper else made


def field_text(value: Any) -> str | None:
    """A field as it stands in a signature: truths as words, objects and lists as compact JSON, null
    not at all. Raises `ProtocolError` for what is nested too deeply.
    """
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list)):
        return written(value)
    return str(value)


def _spellings(covered: Mapping[str, Any]) -> tuple[str, ...]:
    # PHP's is what most of these platforms are written in, and what is made first.
    return canonical_texts(covered)
