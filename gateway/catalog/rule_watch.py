"""Names in the log the SKUs that cannot be sold for their account rule."""

import structlog

from gateway.catalog.account_rule import unusable_rules
from gateway.catalog.rules import Catalog

log = structlog.get_logger()


class RuleWatch:
    """Names in the log, once each, the SKUs that have a rule which is refused today."""

    def __init__(self) -> None:
        self._named: set[tuple[str, str]] = set()

    def look_at(self, catalog: Catalog) -> None:
        """Look at a catalog that is about to be used."""
        found = unusable_rules((sku.sku, sku.account_rule) for sku in catalog.skus.values())
        for sku, why in set(found) - self._named:
            self._named.add((sku, why))
            log.warning("worker.account_rule_unusable", sku=sku, reason=why)
