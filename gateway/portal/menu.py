"""What stands together in the portal's menu."""

from typing import Final

from gateway.ground.desk.html.frame import Group

MENU: Final = (
    Group(zh="总览", en="Overview", paths=("", "usage")),
    Group(zh="订单", en="Orders", paths=("orders", "cases")),
    Group(zh="资金", en="Money", paths=("entries", "statements")),
    Group(zh="接入", en="Integration", paths=("keys", "webhooks", "team")),
)
