"""What happens to the catalog that others want to hear of."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.catalog.snapshot import KeySecrets


@dataclass(frozen=True, slots=True)
class CatalogComing:
    """Another one is about to be used, with the keys it names: who hears this makes them work."""

    keys: Mapping[str, KeySecrets]


@dataclass(frozen=True, slots=True)
class CatalogChanged:
    """Another one is in force."""
