"""What stands together in the console's menu."""

from typing import Final

from gateway.ground.desk.html.frame import Group

MENU: Final = (
    Group(zh="总览", en="Overview", paths=("", "inbox", "alerts", "approvals")),
    Group(
        zh="订单",
        en="Orders",
        paths=("orders", "cases", "case-rules", "holds", "attempts", "callbacks"),
    ),
    Group(
        zh="库存",
        en="Stock",
        paths=("stock", "pools", "batches", "imports", "shelves", "codes/stats"),
    ),
    Group(
        zh="商品",
        en="Catalog",
        paths=("skus", "categories", "prices", "campaigns", "quotas"),
    ),
    Group(
        zh="合作方",
        en="Partners",
        paths=("partners", "keys", "accounts", "entries", "webhooks", "dead-letters", "channels"),
    ),
    Group(zh="上游", en="Upstreams", paths=("upstreams", "upstreams/connectors")),
    Group(zh="控制", en="Control", paths=("changes", "reveals", "audit", "doctor")),
    Group(
        zh="管理",
        en="Administration",
        paths=("operators", "roles", "tokens", "passkeys", "settings", "notifiers", "master-keys"),
    ),
)
