"""Places where operators are told: made, tried out, taken away. Their settings are never shown."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.notifiers.kinds import PLACES
from connectors.notifiers.notice import Notice
from connectors.notifiers.places import Message
from connectors.settings import SettingsError
from connectors.web_address import check_web_address
from gateway.alerts.mail import Mailer
from gateway.alerts.notifier_administration import SQL
from gateway.alerts.telling import PURPOSE, as_place, settings_as_json, tell
from gateway.ground.desk.html.wording import Wording
from gateway.ground.desk.job import Site
from gateway.ground.desk.opening import open_vault
from gateway.ground.desk.port import Secrecy, Transaction, already_exists, check_name, not_found
from gateway.ground.desk.refusal import refused, wrong
from gateway.webhooks.guarded_client import GuardedClient

NOTIFIERS_MAX: Final = 20


async def add_notifier(
    db: Transaction, secrecy: Secrecy, name: str, *, kind: str, settings: Mapping[str, str]
) -> dict[str, Any]:
    """Name a place; it is told what happens from now on.

    Refused: an unknown kind, a setting that is missing, unknown or no address, a name that is
    taken, one place too many.
    """
    check_name("notifier", name)
    if kind not in PLACES:
        raise wrong("unknown-notifier-kind", "kind", value=kind, known=", ".join(PLACES))
    try:
        as_place(kind, settings)
        if "url" in settings:
            check_web_address(settings["url"], with_query=True)
    except SettingsError as error:
        raise wrong("notifier-settings", "set", detail=str(error), part=error.setting) from None
    except ValueError as error:
        raise wrong("notifier-settings", "set", detail=f"url {error}", part="url") from None
    if await SQL.count_notifiers.only(db) >= NOTIFIERS_MAX:
        raise refused("refused", "notifiers-max", "notifier", most=NOTIFIERS_MAX)
    blob = secrecy.wrap(PURPOSE, settings_as_json(settings))
    if await SQL.insert_notifier.one(db, name, kind, blob) is None:
        raise already_exists("notify", name, called="notifier")
    return {"notifier": name, "kind": kind}


async def remove_notifier(db: Transaction, name: str) -> dict[str, Any]:
    """Tell it nothing more, also not what waits. Refused: there is none of this name."""
    kind = await SQL.remove_notifier.one(db, name)
    if kind is None:
        raise not_found("notify", name, called="notifier")
    return {"notifier": name, "kind": kind}


async def try_notifier(site: Site, name: str) -> dict[str, Any]:
    """Send it a message, now. No transaction waits for it.

    Refused: there is none of this name; it did not take the message, and why.
    """
    async with site.open() as desk:
        async with desk.transaction(read_only=True) as db:
            found = await SQL.notifier_settings.one(db, name)
            if found is None:
                raise not_found("notify", name, called="notifier")
            vault = await open_vault(desk.config, db)
        place = as_place(found.kind, json.loads(vault.open_secret(PURPOSE, found.settings)))
        sender = GuardedClient(site.config.webhook_allow)
        try:
            judged = await tell(
                sender, Mailer(site.config.webhook_allow), place, _trial(name, place.language)
            )
        finally:
            await sender.close()
        if judged.why is not None:
            raise refused("refused", "not-told", "notifier", notifier=name, detail=judged.why)
        answer = {"notifier": name, "told": True}
        async with desk.transaction() as db:
            await site.note(db, answer)
    return answer


def _trial(name: str, language: str) -> Message:
    now = datetime.now(UTC)
    trial = Notice(
        event="test", alert=None, kind="test", subject=name, level="info",
        detail="this place is told what operators have to look at", since=now,
    )  # fmt: skip
    return Message(
        id=f"al_test_{int(now.timestamp() * 1e6)}",
        notices=[trial],
        now_s=now.timestamp(),
        told=Wording(language).told,
    )
