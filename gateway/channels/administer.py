"""Order channels: platforms that order from us. Their settings are stored wrapped, never shown."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.settings import SettingsError, load_settings
from connectors.web_address import check_web_address, hides_content
from gateway.catalog.administer import sku_id
from gateway.catalog.rules import Scope, SkuKind
from gateway.channels.adapters import ADAPTERS, EXTERNAL_PRODUCT, MEANS, Adapter
from gateway.channels.administration import SQL, StoredChannel
from gateway.ground.desk.port import (
    Row,
    Secrecy,
    Transaction,
    already_exists,
    check_name,
    not_found,
    partner_id,
)
from gateway.ground.desk.refusal import refused, wrong
from gateway.partners.keys import create_key

PURPOSE: Final = "channel"  # what the vault binds the settings to
DELIVERY_KEY: Final = "delivery_key"


async def add_channel(
    db: Transaction,
    secrecy: Secrecy,
    name: str,
    *,
    adapter: str,
    partner: str,
    settings: Mapping[str, str],
    base_url: str | None = None,
    public_url: str | None,
) -> dict[str, Any]:
    """Add a channel that orders for a partner, at its prices and from its account.

    It gets a key of its own, whose signing secret nobody learns: codes are sealed to it, so that
    they are opened in one place and every view is recorded; revoking it closes the channel.
    """
    check_name("channel", name)
    if adapter not in ADAPTERS:
        raise wrong("unknown-adapter", "adapter", value=adapter, known=", ".join(ADAPTERS))
    protocol = ADAPTERS[adapter]
    base_url = _checked_base_url(protocol, adapter, base_url)
    loaded = _checked_settings(protocol, settings, public_url)
    owner = await partner_id(db, partner)
    scopes = (Scope.ORDERS_WRITE, Scope.ORDERS_READ, Scope.CODES_READ)
    key = await create_key(
        db, secrecy, partner=partner, scopes=scopes, allow_ips=(), rate_per_s=None
    )
    values = {**settings, DELIVERY_KEY: key["delivery_key"]}
    blob = secrecy.wrap(PURPOSE, json.dumps(values).encode())
    added = await SQL.insert_channel.one(db, name, adapter, owner, key["key_id"], blob, base_url)
    if added is None:
        raise already_exists("channel", name)
    path = None if protocol.path is None else f"/channels/{name}{protocol.path}"
    said: dict[str, Any] = {"channel": name, "adapter": adapter, "path": path}
    if protocol.asks_consent:
        said["plaintext_codes"] = protocol.hands_out_codes(loaded)
        said["plaintext_codes_means"] = MEANS
    return said


async def update_channel(
    db: Transaction,
    secrecy: Secrecy,
    name: str,
    *,
    settings: Mapping[str, str],
    base_url: str | None,
    public_url: str | None,
) -> dict[str, Any]:
    """Change the settings that are given, one by one, and the address; the rest stays.

    Running gateways follow within a second.
    """
    row = await _stored(db, name)
    protocol = ADAPTERS[row["adapter"]]
    if base_url is not None:
        base_url = _checked_base_url(protocol, row["adapter"], base_url)
    old = json.loads(secrecy.open(PURPOSE, row["settings"]))
    values = {**old, **settings}
    _checked_settings(
        protocol, {key: text for key, text in values.items() if key != DELIVERY_KEY}, public_url
    )
    blob = secrecy.wrap(PURPOSE, json.dumps(values).encode())
    await SQL.update_channel.run(db, name, blob, base_url)
    return {"channel": name, "adapter": row["adapter"]}


async def set_paused(db: Transaction, name: str, *, paused: bool) -> dict[str, Any]:
    """Stop or go on taking new orders; those that were taken are answered and told either way."""
    if await SQL.set_paused.one(db, name, paused) is None:
        raise not_found("channel", name)
    return {"channel": name, "paused": paused}


async def map_product(
    db: Transaction, name: str, *, external_product: str, sku: str
) -> dict[str, Any]:
    """Let the channel know a SKU by a number of its own; the number's earlier SKU is not meant any
    more."""
    row = await _stored(db, name)
    known = EXTERNAL_PRODUCT.fullmatch(external_product)
    if known is None or not ADAPTERS[row["adapter"]].number(external_product):
        raise wrong("external-product", "external_product", adapter=row["adapter"])
    found = await sku_id(db, sku)
    if not ADAPTERS[row["adapter"]].codes and await SQL.kind_of.only(db, found) != SkuKind.TOPUP:
        raise wrong("top-ups-only", "sku", adapter=row["adapter"], sku=sku)
    await SQL.map_product.run(db, row["id"], external_product, found)
    await SQL.wake_unmapped.run(db, row["id"])
    return {"channel": name, "external_product": external_product, "sku": sku}


async def unmap_product(db: Transaction, name: str, *, external_product: str) -> dict[str, Any]:
    """The number is no product any more. Orders that were taken stay."""
    row = await _stored(db, name)
    if await SQL.unmap_product.one(db, row["id"], external_product) is None:
        raise refused(
            "not-found", "not-mapped", "external_product", channel=name, value=external_product
        )
    return {"channel": name, "external_product": external_product}


async def retry_order(db: Transaction, name: str, *, number: str) -> dict[str, Any]:
    """Look again at an order that waits for a person, from where it stands."""
    row = await _stored(db, name)
    state = await SQL.retry_task.one(db, row["id"], number)
    if state is None:
        raise refused("not-found", "not-held", "number", channel=name, value=number)
    return {"channel": name, "number": number, "state": state}


async def drop_order(db: Transaction, name: str, *, number: str) -> dict[str, Any]:
    """A person has done what was to be done with an order that waits; we leave it alone."""
    row = await _stored(db, name)
    if await SQL.drop_task.one(db, row["id"], number) is None:
        raise refused("not-found", "not-held", "number", channel=name, value=number)
    return {"channel": name, "number": number, "state": "done"}


async def list_channels(db: Transaction) -> Sequence[Row]:
    """All channels by name, with how many results are not told yet or could not be."""
    return await SQL.list_channels.all(db, None)


async def show_channel(db: Transaction, secrecy: Secrecy, name: str) -> dict[str, Any]:
    """One channel with its products; of its settings the names, and whether codes leave by it."""
    rows = await SQL.list_channels.all(db, name)
    row = await _stored(db, name)
    protocol = ADAPTERS[row["adapter"]]
    values = json.loads(secrecy.open(PURPOSE, row["settings"]))
    del values[DELIVERY_KEY]
    loaded = load_settings(protocol.settings, values)
    return {
        **rows[0],
        "path": None if protocol.path is None else f"/channels/{name}{protocol.path}",
        "settings": sorted(values),
        "plaintext_codes": protocol.hands_out_codes(loaded),
        "products": await SQL.products_of.all(db, row["id"]),
        "waiting": await SQL.waiting_of.all(db, row["id"]),
    }


async def _stored(db: Transaction, name: str) -> StoredChannel:
    row = await SQL.stored_channel.one(db, name)
    if row is None:
        raise not_found("channel", name)
    return row


def _checked_settings(
    protocol: Adapter, settings: Mapping[str, str], public_url: str | None
) -> Any:
    """The settings, read. Codes in the clear are for connections that nobody reads."""
    try:
        loaded = load_settings(protocol.settings, settings)
    except SettingsError as error:
        raise wrong("channel-settings", "set", detail=str(error), part=error.setting) from None
    hides = public_url is not None and hides_content(public_url)
    if protocol.path is not None and protocol.hands_out_codes(loaded) and not hides:
        raise wrong("codes-in-the-open", "set", url=public_url or "not known")
    return loaded


def _checked_base_url(protocol: Adapter, adapter: str, base_url: str | None) -> str | None:
    if not protocol.calls_out:
        if base_url is not None:
            raise wrong("no-base-url", "base_url", adapter=adapter)
        return None
    if base_url is None:
        raise wrong("base-url-missing", "base_url", adapter=adapter)
    try:
        return check_web_address(base_url)
    except ValueError as error:
        raise wrong("channel-address", "base_url", detail=str(error)) from None
