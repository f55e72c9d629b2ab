"""The one list of features, lowest first: each may import those it names in `needs`."""

from typing import Final

from gateway.alerts import feature as alerts
from gateway.approvals import feature as approvals
from gateway.audit import feature as audit
from gateway.backup import feature as backup
from gateway.campaigns import feature as campaigns
from gateway.cases import feature as cases
from gateway.catalog import feature as catalog
from gateway.channels import feature as channels
from gateway.codes import feature as codes
from gateway.console import feature as console
from gateway.dispatch import feature as dispatch
from gateway.health import feature as health
from gateway.holds import feature as holds
from gateway.ledger import feature as ledger
from gateway.operators import feature as operators
from gateway.orders import feature as orders
from gateway.partners import feature as partners
from gateway.portal import feature as portal
from gateway.prices import feature as prices
from gateway.quotas import feature as quotas
from gateway.reconciliation import feature as reconciliation
from gateway.rehearsals import feature as rehearsals
from gateway.reveals import feature as reveals
from gateway.sandbox import feature as sandbox
from gateway.search import feature as search
from gateway.sessions import feature as sessions
from gateway.settings import feature as settings
from gateway.vault import feature as vault
from gateway.webhooks import feature as webhooks

FEATURES: Final = (
    catalog.FEATURE,
    vault.FEATURE,
    settings.FEATURE,
    partners.FEATURE,
    codes.FEATURE,
    prices.FEATURE,
    campaigns.FEATURE,
    quotas.FEATURE,
    orders.FEATURE,
    ledger.FEATURE,
    holds.FEATURE,
    dispatch.FEATURE,
    webhooks.FEATURE,
    sandbox.FEATURE,
    channels.FEATURE,
    cases.FEATURE,
    reconciliation.FEATURE,
    audit.FEATURE,
    backup.FEATURE,
    health.FEATURE,
    operators.FEATURE,
    sessions.FEATURE,
    approvals.FEATURE,
    reveals.FEATURE,
    alerts.FEATURE,
    rehearsals.FEATURE,
    search.FEATURE,
    portal.FEATURE,
    console.FEATURE,
)
