"""What the shop sells, to whom and through whom, made over the admin API as its admin would."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.demo.shops import SETTINGS
from gateway.demo.week.desk import Desk
from gateway.ground.outside.client import Credentials

RICH_MINOR: Final = 60_000_000
CAMPAIGN: Final = "autumn-sale"
BY_PLATFORM: Final = "goofish-main"
CODE_HEADER: Final = "卡号,密码"
LOW_MARK: Final = 60  # below it a SKU is short of codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A SKU of codes and its pool: `stock` codes for a full week, `share` of the orders."""

    sku: str
    name: str
    category: str
    price: int
    stock: int
    share: float
    pattern: str

    @property
    def pool(self) -> str:
        """Its pool has its name."""
        return self.sku.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topped:
    """A SKU of top-ups; `routes` as `sku create --route` takes them."""

    sku: str
    name: str
    price: int
    share: float
    routes: tuple[str, ...]


CATEGORIES: Final = ("video", "games", "music", "mobile")
CODED: Final = (
    Coded(sku="VIP-MONTH", name="视频会员 月卡", category="video", price=1_990, stock=2_000,
          share=30, pattern="VM##-AAAA-AAAA-9999"),
    Coded(sku="VIP-YEAR", name="视频会员 年卡", category="video", price=19_800, stock=600,
          share=8, pattern="VY##-AAAA-AAAA-9999"),
    Coded(sku="GAME-100", name="游戏点卡 100 元", category="games", price=9_850, stock=900,
          share=16, pattern="GC99999999AAAA"),
    Coded(sku="MUSIC-QUARTER", name="音乐会员 季卡", category="music", price=3_900, stock=190,
          share=7, pattern="MQ-AAAA-AAAA-AAAA"),
)  # fmt: skip
TOPPED: Final = (
    Topped(sku="MOBILE-50", name="话费 50 元", price=4_990, share=22,
           routes=("north:10000001:0:4900", "south:1:1:4950")),
    Topped(sku="MOBILE-100", name="话费 100 元", price=9_960, share=17,
           routes=("south:2:0:9800", "north:10000002:1:9850")),
)  # fmt: skip
# Partners: their share of the orders; the last one's endpoint does not want messages any more.
PARTNERS: Final[Mapping[str, float]] = {
    "acme-games": 36, "lotus-mall": 28, "panda-card": 20, "river-topup": 12, "nimbus": 4,
}  # fmt: skip
GONE: Final = "nimbus"
SELLER: Final = "lotus-mall"  # also sells by the channel


async def stock_up(ada: Desk, upstreams: Mapping[str, str], scale: float) -> None:
    """Pools with codes, SKUs, categories, two upstreams (name → address)."""
    for name in CATEGORIES:
        await ada.post("categories", category=name)
    for one in CODED:
        await _sell_codes(ada, one, max(20, round(one.stock * scale)))
    await ada.post(
        "upstreams", upstream="north", connector="fulu", base_url=upstreams["north"],
        set={"app_key": "demo_app_key", "secret": "0123456789abcdef0123456789abcdef"},
    )  # fmt: skip
    await ada.post(
        "upstreams", upstream="south", connector="kasushou", base_url=upstreams["south"],
        set={"userid": "demo_userid", "apikey": "demo_apikey"},
    )  # fmt: skip
    for topped in TOPPED:
        await ada.post(
            "skus", sku=topped.sku, name=topped.name, kind="topup", price=topped.price,
            category="mobile", account_rule="cn-mobile", route=list(topped.routes),
        )  # fmt: skip


async def _sell_codes(ada: Desk, one: Coded, stock: int) -> None:
    await ada.post("pools", pool=one.pool)
    await ada.post("codes/generate", count=stock, pool=one.pool, pattern=one.pattern)
    await ada.post(
        "skus", sku=one.sku, name=one.name, kind="code", pool=one.pool, price=one.price,
        category=one.category, low_stock=LOW_MARK,
    )  # fmt: skip


async def let_in(ada: Desk, ends_url: str) -> Mapping[str, Credentials]:
    """The partners with money, a key and an endpoint; a channel of one of them."""
    keys = await asyncio.gather(*(_let_in(ada, name, ends_url) for name in PARTNERS))
    await ada.post(
        "channels", channel=BY_PLATFORM, adapter="goofish", partner=SELLER, set=dict(SETTINGS)
    )
    return dict(zip(PARTNERS, keys, strict=True))


async def _let_in(ada: Desk, name: str, ends_url: str) -> Credentials:
    await ada.post("partners", partner=name)
    await ada.post(f"accounts/{name}/deposit", amount=RICH_MINOR, reference=f"{name}-opening")
    await ada.post(f"accounts/{name}/credit", low=RICH_MINOR // 100)
    await ada.post(f"partners/{name}/webhook/set", url=f"{ends_url}/{name}")
    key = await ada.post("keys", partner=name)
    return Credentials(key_id=key["key_id"], secret=key["secret"], delivery_key=key["delivery_key"])


async def open_campaign(ada: Desk, scale: float) -> None:
    """A sale of the month card that goes on for some days more."""
    now = datetime.now(UTC)
    await ada.post(
        "campaigns", campaign=CAMPAIGN, sku="VIP-MONTH", codes=max(5, round(400 * scale)),
        price=1_490, per_buyer=2,
        **{"from": now.isoformat(), "to": (now + timedelta(days=3)).isoformat()},
        reason="autumn sale, agreed with marketing",
    )  # fmt: skip


async def import_files(ada: Desk, chance: random.Random) -> None:
    """Two suppliers' files: one with duplicates and a spoiled line, one tried out first."""
    rows = [
        f"SUP{n:06d}{chance.randrange(10**6):06d},{chance.randrange(10**4):04d}" for n in range(240)
    ]
    spoiled = [CODE_HEADER, *rows, *rows[:12], "3.465E+15,1"]
    game = [CODE_HEADER, *(f"GM{chance.randrange(10**10):010d},{n:04d}" for n in range(150))]
    for pool, lines, dry_run in (
        ("vip-year", spoiled, "false"),
        ("game-100", game, "true"),
        ("game-100", game, "false"),
    ):
        path = f"codes/import?pool={pool}&dry_run={dry_run}"
        await _imported(ada, path, "\r\n".join(lines).encode("gb18030"))


async def _imported(ada: Desk, path: str, file: bytes) -> None:
    number = (await ada.upload(path, file, "text/csv"))["import"]
    found: dict[str, Any] = {"state": "queued"}
    while found["state"] in {"queued", "running"}:
        await asyncio.sleep(0.05)
        found = await ada.get(f"imports/{number}")
