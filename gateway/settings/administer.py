"""Settings: which there are, what is in force, and setting one."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.ground import house
from gateway.ground.command.tables import money
from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.feature import Setting
from gateway.ground.number import read_whole
from gateway.settings.administration import SQL

FOUR_EYES: Final = "four_eyes."  # what begins so says how much one may do alone
NOTHING: Final = "none"  # typed for a setting that may be off


async def list_settings(db: Transaction) -> Sequence[Mapping[str, Any]]:
    """Every setting with what is in force, by its feature and name."""
    chosen = {row["name"]: row for row in await SQL.list_settings.all(db)}
    return [_shown(name, setting, chosen.get(name)) for name, setting in house.settings().items()]


async def read_setting(db: Transaction, name: str) -> int | None:
    """What is in force of one, in this transaction; None: nothing."""
    row = await SQL.one_setting.one(db, name)
    return house.settings()[name].default if row is None else row["value"]


async def is_above_limit(db: Transaction, what: str, currency: str, amount_minor: int) -> bool:
    """Whether moving so much, up or down, wants a second person: `four_eyes.WHAT.CURRENCY`.

    Of a currency that has no setting the first that there is says what the release thinks of it.
    """
    name = f"{FOUR_EYES}{what}.{currency}"
    if name in house.settings():
        limit = await read_setting(db, name)
    else:
        limit = next(s.default for n, s in house.settings().items() if n.startswith(name[:-3]))
    return limit is not None and abs(amount_minor) > limit


async def loosens(db: Transaction, name: str, text: str) -> bool:
    """Whether it lets one person do more alone than now. Refused as `set_setting` is."""
    setting = house.settings().get(name)
    if setting is None or not name.startswith(FOUR_EYES):
        return False
    wanted, now = read_value(setting, text), await read_setting(db, name)
    return _reach(setting, wanted) > _reach(setting, now)


def limit_in_words(name: str, text: str) -> str | None:
    """What a limit of money is to be, with its currency; None: it is no such limit."""
    setting = house.settings().get(name)
    if setting is None or not name.startswith(FOUR_EYES):
        return None
    limit = read_value(setting, text)
    return NOTHING if limit is None else money(limit, name.rpartition(".")[2])


def _reach(setting: Setting, limit: int | None) -> float:
    """How much one may do alone."""
    if limit is not None:
        return limit
    return -1 if setting.none_shuts else math.inf


async def set_setting(db: Transaction, name: str, text: str) -> dict[str, Any]:
    """Set one; workers go by it within a second.

    Refused: a name that is not there (the refusal lists those that are); a value that is no
    number, out of its bounds, or on the wrong side of a setting that it may not pass.
    """
    setting = house.settings().get(name)
    if setting is None:
        facts = {"noun": "setting", "name": name, "known": sorted(house.settings())}
        raise DeskRefusedError("not-found", "name", facts)
    value = read_value(setting, text)
    await SQL.set_setting.run(db, name, value)
    await _check_sides(db)
    return {"name": name, "value": value}


async def _check_sides(db: Transaction) -> None:
    """Refuse what was just set if one setting is now above another that it may not pass."""
    now = {row["name"]: row["value"] for row in await list_settings(db)}
    for name, setting in house.settings().items():
        other = setting.at_most
        if other is not None and now[name] > now[other]:
            facts = {"lower": name, "below": now[name], "upper": other, "above": now[other]}
            raise DeskRefusedError("invalid-argument", "value", facts)


def read_value(setting: Setting, text: str) -> int | None:
    """What was typed, if it may be set; raises DeskRefusedError."""
    if text == NOTHING and setting.may_be_none:
        return None
    try:
        value = read_whole(text)
    except ValueError:
        form = "a whole number in plain digits" + (f", or {NOTHING}" if setting.may_be_none else "")
        raise DeskRefusedError("invalid-argument", "value", {"form": form, "value": text}) from None
    if not setting.least <= value <= setting.most:
        facts = {"least": setting.least, "most": setting.most, "value": value}
        raise DeskRefusedError("invalid-argument", "value", facts)
    return value


def _shown(name: str, setting: Setting, chosen: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "name": name,
        "value": setting.default if chosen is None else chosen["value"],
        "unit": setting.unit,
        "default": setting.default,
        "least": setting.least,
        "most": setting.most,
        "doc": setting.doc,
        "changed_at": None if chosen is None else chosen["changed_at"],
    }
