"""Upstreams: the platforms we buy from. Their settings are stored wrapped and never shown."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors import registry
from connectors.egress import DIRECT, Egress, split_egress, with_egress
from connectors.settings import SettingsError
from connectors.web_address import check_web_address
from gateway.dispatch.administration import SQL
from gateway.ground.desk.port import (
    Row,
    Secrecy,
    Transaction,
    already_exists,
    check_name,
    not_found,
)
from gateway.ground.desk.refusal import wrong
from gateway.ground.native_errors import KeyMissing

PURPOSE = "upstream"  # what the vault binds the settings to


async def add_upstream(
    db: Transaction,
    secrecy: Secrecy,
    name: str,
    *,
    connector: str,
    base_url: str,
    settings: Mapping[str, str],
    egress: Egress = DIRECT,
    calls_per_s: float | None = None,
) -> dict[str, Any]:
    """Add a platform account; the connector judges the settings, the egress its own."""
    check_name("upstream", name)
    base_url = check_base_url(base_url)
    blob = _wrapped(secrecy, connector, base_url, settings, egress)
    token = secrets.token_urlsafe(24)
    row = await SQL.insert_upstream.one(
        db, name, connector, base_url, blob, token, calls_per_s or None
    )
    if row is None:
        raise already_exists("upstream", name)
    return {"upstream": name, "connector": connector}


async def update_upstream(
    db: Transaction,
    secrecy: Secrecy,
    name: str,
    *,
    base_url: str | None = None,
    settings: Mapping[str, str] | None = None,
    egress: Mapping[str, Any] | None = None,
    calls_per_s: float | None = None,
) -> dict[str, Any]:
    """Change what is given: settings and members of the egress one by one, `calls_per_s` 0 for no
    limit.

    Running gateways follow within a second; calls under way end as they began. Settings that do
    not open any more can be given anew, all of them and the egress with them: else KeyMissing.
    """
    connector, old_url, stored = await read_settings(db, secrecy, name, or_none=bool(settings))
    old_settings, old_egress = split_egress(stored)
    base_url = check_base_url(base_url) if base_url is not None else old_url
    blob = _wrapped(
        secrecy,
        connector,
        base_url,
        {**old_settings, **(settings or {})},
        replace(old_egress, **(egress or {})),
    )
    await SQL.update_upstream.run(db, name, base_url, blob, calls_per_s)
    return {"upstream": name, "connector": connector}


async def list_upstreams(db: Transaction) -> Sequence[Row]:
    """All upstreams by name, with their lanes as the running workers see them."""
    lanes = await SQL.lane_states.all(db, None)
    return [
        {**row, "lanes": [_lane(lane) for lane in lanes if lane["upstream"] == row["upstream"]]}
        for row in await SQL.list_upstreams.all(db, None)
    ]


async def show_upstream(db: Transaction, secrecy: Secrecy, name: str) -> dict[str, Any]:
    """One upstream, with the names of its settings but not their values."""
    rows = await SQL.list_upstreams.all(db, name)
    row = await SQL.stored_upstream.one(db, name)
    if not rows or row is None:
        raise not_found("upstream", name)
    settings, egress = split_egress(json.loads(secrecy.open(PURPOSE, row["settings"])))
    return {
        **rows[0],
        "settings": sorted(settings),
        "egress": None if egress.is_direct else egress.shown(),
        "callback_path": f"/callbacks/{name}",
        "lanes": [_lane(lane) for lane in await SQL.lane_states.all(db, name)],
    }


async def read_settings(
    db: Transaction, secrecy: Secrecy, name: str, *, or_none: bool = False
) -> tuple[str, str, Any]:
    """Connector, base URL and what is stored in plain, as `open_account` takes them.

    `or_none`: no settings where those that are stored need a key that is not held.
    """
    row = await SQL.stored_upstream.one(db, name)
    if row is None:
        raise not_found("upstream", name)
    try:
        settings = json.loads(secrecy.open(PURPOSE, row["settings"]))
    except KeyMissing:
        if not or_none:
            raise
        settings = {}
    return row["connector"], row["base_url"], settings


async def set_paused(db: Transaction, name: str, *, paused: bool) -> dict[str, Any]:
    """Stop or go on sending new attempts; attempts under way are followed up either way."""
    if await SQL.set_paused.one(db, name, paused) is None:
        raise not_found("upstream", name)
    return {"upstream": name, "paused": paused}


def _wrapped(
    secrecy: Secrecy, connector: str, base_url: str, settings: Mapping[str, str], egress: Egress
) -> bytes:
    """What is stored of an account; refused if the connector cannot work with it, or if nothing
    could ever be reached that way."""
    if connector not in registry.names():
        known = ", ".join(registry.names())
        raise wrong("unknown-connector", "connector", value=connector, known=known)
    for name, text in settings.items():
        if name.endswith("_url") and text:  # empty: the connector's own default
            _checked("set", f"setting {name}", text, name)
    try:
        registry.create(connector, base_url, settings)
    except SettingsError as error:
        raise wrong("upstream-settings", "set", detail=str(error), part=error.setting) from None
    try:
        egress.check(base_url)
    except SettingsError as error:
        raise wrong("upstream-settings", error.setting, detail=str(error)) from None
    return secrecy.wrap(PURPOSE, json.dumps(with_egress(settings, egress)).encode())


def check_base_url(text: str) -> str:
    """An http or https address without query, fragment or credentials; no slash at its end."""
    return _checked("base_url", "--base-url", text)


def _checked(field: str, what: str, text: str, part: str | None = None) -> str:
    try:
        return check_web_address(text)
    except ValueError as error:
        raise wrong("web-address", field, what=what, detail=str(error), part=part) from None


def _lane(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "upstream"}
