"""Order channels: platforms that order from us. Their settings are stored wrapped, never shown."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.channels.goofish.wire import GoofishSettings
from connectors.settings import SettingsError, load_settings
from gateway.catalog.rules import Scope
from gateway.channels.administration import SQL
from gateway.ground.desk.port import (
    Row,
    Secrecy,
    Transaction,
    already_exists,
    check_name,
    partner_id,
)
from gateway.ground.desk.refusal import wrong
from gateway.partners.keys import create_key

PURPOSE: Final = "channel"  # what the vault binds the settings to
DELIVERY_KEY: Final = "delivery_key"
ADAPTERS: Final[Mapping[str, type[Any]]] = {"goofish": GoofishSettings}


async def add_channel(
    db: Transaction,
    secrecy: Secrecy,
    name: str,
    *,
    adapter: str,
    partner: str,
    settings: Mapping[str, str],
) -> dict[str, Any]:
    """Add a channel that orders for a partner, at its prices and from its account.

    It gets a key of its own, whose signing secret nobody learns: codes are sealed to it, so that
    they are opened in one place and every view is recorded; revoking it closes the channel.
    """
    check_name("channel", name)
    if adapter not in ADAPTERS:
        raise wrong("unknown-adapter", "adapter", value=adapter, known=", ".join(ADAPTERS))
    try:
        load_settings(ADAPTERS[adapter], settings)
    except SettingsError as error:
        raise wrong("channel-settings", "set", detail=str(error), part=error.setting) from None
    owner = await partner_id(db, partner)
    scopes = (Scope.ORDERS_WRITE, Scope.ORDERS_READ, Scope.CODES_READ)
    key = await create_key(
        db, secrecy, partner=partner, scopes=scopes, allow_ips=(), rate_per_s=None
    )
    values = {**settings, DELIVERY_KEY: key["delivery_key"]}
    blob = secrecy.wrap(PURPOSE, json.dumps(values).encode())
    if await SQL.insert_channel.one(db, name, adapter, owner, key["key_id"], blob) is None:
        raise already_exists("channel", name)
    return {"channel": name, "adapter": adapter, "path": f"/channels/{name}/goofish/"}


async def list_channels(db: Transaction) -> Sequence[Row]:
    """All channels by name, with how many results are not told yet or could not be."""
    return await SQL.list_channels.all(db)
