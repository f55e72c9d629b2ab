"""What one read of the catalog brings."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.catalog.rules import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySecrets:
    """A key's two secrets, still wrapped by the vault."""

    signing_key: bytes
    delivery_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRead:
    """One consistent read: the snapshot, the wrapped secrets of the keys that still work, and names
    by kind of thing and id, for the log."""

    catalog: Catalog
    secrets: dict[str, KeySecrets]
    names: Mapping[str, Mapping[int, str]]
