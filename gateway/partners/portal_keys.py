"""A partner's own keys, made, rotated, narrowed and revoked by its own people.

Nobody gives himself more than he has: whoever signed in with a key that may be used from some
networks only makes none that may be used from elsewhere, and no key is faster than the fastest
the shop ever made.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.ground.desk.action import Change
from gateway.ground.desk.port import At, Row, not_found
from gateway.ground.desk.refusal import wrong
from gateway.partners import keys
from gateway.partners.portal_administration import SQL
from gateway.partners.sandbox_keys import shown_scope


async def list_own(at: At) -> Sequence[Row]:
    """All of them, without anything secret."""
    return [
        {
            **row,
            "label": keys.label_of(row["key_id"]),
            "scopes": [shown_scope(scope) for scope in row["scopes"]],
        }
        for row in await SQL.portal_keys.all(at.db, at.own)
    ]


async def show_own(at: At, key_id: str) -> Row:
    """One of them."""
    for row in await list_own(at):
        if row["key_id"] == key_id:
            return row
    raise not_found("key", key_id)


async def own_name(at: At) -> str:
    """Theirs."""
    return await SQL.portal_name.only(at.db, at.own)


async def create_own(
    at: At,
    change: Change,
    *,
    scopes: Sequence[str],
    allow_ips: Sequence[str],
    rate: int | None,
    sandbox: bool,
) -> Mapping[str, Any]:
    """Make one. No scopes: all; no rate: as fast as the fastest."""
    networks = keys.check_networks(allow_ips)
    await _check_networks(at, change, networks)
    return await keys.create_key(
        at.db,
        at.secrecy,
        partner=await own_name(at),
        scopes=scopes,
        allow_ips=networks,
        rate_per_s=await _rate(at, change, rate),
        sandbox=sandbox,
    )


async def rotate_own(at: At, key_id: str, *, overlap_s: int) -> Mapping[str, Any]:
    """A successor with the same rights."""
    await _hold(at, key_id)
    return await keys.rotate_key(at.db, at.secrecy, key_id, overlap_s=overlap_s)


async def revoke_own(at: At, key_id: str) -> Mapping[str, Any]:
    """End one at once."""
    await _hold(at, key_id)
    return await keys.revoke_key(at.db, key_id)


async def set_networks(
    at: At, change: Change, key_id: str, allow_ips: Sequence[str]
) -> Mapping[str, Any]:
    """From where one may be used from now on; none: from anywhere."""
    await _hold(at, key_id)
    networks = keys.check_networks(allow_ips)
    await _check_networks(at, change, networks)
    return await SQL.portal_set_networks.only(at.db, at.own, key_id, networks)


async def _hold(at: At, key_id: str) -> None:
    if await SQL.portal_hold_key.one(at.db, at.own, key_id) is None:
        raise not_found("key", key_id)


def _signed_with(change: Change) -> str | None:
    """The key that somebody signed in with; None: he is a person."""
    key = change.how.get("key")
    return None if key is None else str(key)


async def _check_networks(at: At, change: Change, networks: Sequence[str]) -> None:
    signed_with = _signed_with(change)
    if signed_with is None:
        return
    held = await SQL.portal_hold_key.one(at.db, at.own, signed_with)
    own = [] if held is None else [ipaddress.ip_network(text) for text in held["allow_ips"]]
    asked = [ipaddress.ip_network(text) for text in networks]
    inside = all(any(_within(one, each) for each in own) for one in asked)
    if own and not (asked and inside):
        raise wrong("beyond-own-networks", "allow_ip", known=", ".join(map(str, own)))


def _within(
    one: ipaddress.IPv4Network | ipaddress.IPv6Network,
    other: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> bool:
    if isinstance(one, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return one.subnet_of(other)
    if isinstance(one, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network):
        return one.subnet_of(other)
    return False


async def _rate(at: At, change: Change, asked: int | None) -> int | None:
    rates = [row.rate for row in await SQL.portal_rates.all(at.db, at.own, _signed_with(change))]
    limits = [rate for rate in rates if rate is not None]
    if not limits or len(limits) < len(rates):
        return asked  # one of them is unlimited, or there is none
    if asked is not None and asked > max(limits):
        raise wrong("beyond-own-rate", "rate", value=asked, most=max(limits))
    return asked or max(limits)
