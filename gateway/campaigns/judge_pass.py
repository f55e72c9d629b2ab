"""Judging a pass against the campaign that demands it, in memory."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.campaigns.passes import UsedPass, number_of
from gateway.campaigns.rules import Campaign
from gateway.catalog.rules import Catalog, CurrentCatalog


class PassJudge:
    """Of one worker. `verify` (key, text, HMAC) knows the secrets of keys; `now` is the database's
    clock."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        verify: Callable[[str, str, str], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._verify = verify
        self._now = now
        self._known: Catalog | None = None  # of which …
        self._keys: dict[int, list[str]] = {}  # … these are the keys, by partner

    def judge(
        self, text: str, *, partner_id: int, campaign: Campaign, buyer_id: str | None
    ) -> UsedPass | None:
        """What an order with this pass would use up; None: something is wrong with the pass."""
        if campaign.room_id is None:
            return None
        now_s = self._now().timestamp()
        number = number_of(
            text,
            campaign=campaign.name,
            buyer_id=buyer_id,
            now_s=now_s,
            keys=self._living_keys(partner_id, now_s),
            verify=self._verify,
        )
        return None if number is None else UsedPass(campaign.room_id, number)

    def _living_keys(self, partner_id: int, now_s: float) -> Sequence[str]:
        current = self._catalog.now
        if current is not self._known:
            self._known, self._keys = current, {}
            for key in current.keys.values():
                self._keys.setdefault(key.partner_id, []).append(key.key_id)
        return [
            key_id
            for key_id in self._keys.get(partner_id, ())
            if (ends := current.keys[key_id].expires_at) is None or ends.timestamp() > now_s
        ]
