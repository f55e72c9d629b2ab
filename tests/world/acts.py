"""Every action of the desk once, in an order that makes sense, and what its row says.

They are played on the audit's world: tests/integration/desk/test_changes_whole.py. What is refused
there: refused_acts.py.
"""

from tests.world.act import Act
from tests.world.acts_of_approvals import ACTS_OF_APPROVALS
from tests.world.acts_of_cases import ACTS_OF_CASES
from tests.world.acts_of_channels import ACTS_OF_CHANNELS
from tests.world.acts_of_people import ACTS_OF_PEOPLE
from tests.world.acts_of_stock import ACTS_OF_STOCK

CANARY = "canary-7f3a9c"

ACTS = (
    Act(
        does="partner.create",
        words="partner create beta",
        subject="beta",
        after={"partner.name": "beta"},
    ),
    Act(
        does="partner.change",
        words="partner change beta --zone Asia/Shanghai",
        subject="beta",
        after={"zone.zone": "Asia/Shanghai"},
    ),
    Act(
        does="account.deposit",
        words="account deposit beta 1000 --reference r1",
        subject="beta",
        before={"account.balance": 0},
        after={"account.balance": 1000},
    ),
    Act(
        does="account.adjust",
        words="account adjust beta --amount=-400 --reference r2 --reason typed",
        subject="beta",
        before={"account.balance": 1000},
        after={"account.balance": 600},
    ),
    Act(
        does="account.credit-limit",
        words="account credit-limit beta 700",
        subject="beta",
        before={"account.credit_limit": 0},
        after={"account.credit_limit": 700},
    ),
    Act(
        does="key.create",
        words="key create beta --rate 7",
        subject="{key_id}",
        after={"key.rate_per_s": 7, "key.revoked_at": None},
    ),
    Act(
        does="key.rotate",
        words="key rotate {key_id}",
        subject="{old}",
        before={"key.expires_at": None},
        after={"successor.replaces": "{old}"},
    ),
    Act(
        does="key.revoke",
        words="key revoke {key_id}",
        subject="{key_id}",
        before={"key.revoked_at": None},
    ),
    Act(
        does="pool.create",
        words="pool create stock --ignore-spaces",
        subject="stock",
        after={"pool.ignore_spaces": True},
    ),
    Act(
        does="category.create",
        words="category create phones",
        subject="phones",
        after={"category.parent_id": None},
    ),
    Act(
        does="category.move",
        words="category move phones",
        subject="phones",
        after={"category.parent_id": None},
    ),
    Act(
        does="sku.create",
        words="sku create S --name S --kind code --pool stock --price 10 --offer beta:9",
        subject="S",
        after={"sku.price": 10},
    ),
    Act(
        does="sku.price",
        words="sku price S 12",
        subject="S",
        before={"sku.price": 10},
        after={"sku.price": 12},
    ),
    Act(
        does="sku.price",
        words="sku price S 8 --partner beta",
        subject="S",
        before={"own_price.amount": 9, "sku.price": 12},
        after={"own_price.amount": 8, "sku.price": 12},
    ),
    Act(
        does="price.floor",
        words="price floor --sku S --amount 10",
        subject="S",
        after={"floor.amount": 10},
    ),
    Act(
        does="setting.set",
        words="setting set four_eyes.price.CNY 1",
        subject="four_eyes.price.CNY",
        after={"setting.value": 1},
    ),
    Act(
        does="price.create",
        words="price create --sku S --amount 7 --min-quantity 5 --reason rival",
        subject="{price}",
        after={"price.amount": 7, "price.below": 10, "price.approved_by": None},
    ),
    Act(
        does="price.delete",
        words="price delete {price}",
        subject="{price}",
        before={"price.amount": 7},
    ),
    Act(
        does="sku.limit",
        words="sku limit S --per-buyer 2",
        subject="S",
        before={"sku.per_buyer": None},
        after={"sku.per_buyer": 2},
    ),
    Act(
        does="sku.account-rule",
        words="sku account-rule TOP qq",
        subject="TOP",
        before={"sku.account_rule": "any"},
        after={"sku.account_rule": "qq"},
    ),
    Act(
        does="sku.off-sale",
        words="sku off-sale S",
        subject="S",
        before={"sku.on_sale": True},
        after={"sku.on_sale": False},
    ),
    Act(
        does="sku.on-sale",
        words="sku on-sale S",
        subject="S",
        before={"sku.on_sale": False},
        after={"sku.on_sale": True},
    ),
    Act(
        does="campaign.create",
        words="campaign create c1 --sku S --from 2030-01-01T00:00:00Z --to 2030-01-02T00:00:00Z"
        " --pass required --rate 10",
        subject="c1",
        after={"campaign.name": "c1"},
    ),
    Act(
        does="campaign.serving",
        words="campaign serving c1 --set 7",
        subject="c1",
        before={"waiting_room.serving": 0},
        after={"waiting_room.serving": 7},
    ),
    Act(
        does="campaign.change",
        words="campaign change c1 --to 2030-01-03T00:00:00Z",
        subject="c1",
        before={"campaign.ends_at": "2030-01-02T00:00:00Z"},
        after={"campaign.ends_at": "2030-01-03T00:00:00Z"},
    ),
    Act(
        does="campaign.end",
        words="campaign end c1",
        subject="c1",
        before={"campaign.ended_at": None},
    ),
    Act(
        does="quota.create",
        words="quota create q1 --on sku:S --per device --max 3 --window hour",
        subject="q1",
        after={"quota.most": 3, "quota.span": "hour"},
    ),
    Act(
        does="quota.change",
        words="quota change q1 --max 4",
        subject="q1",
        before={"quota.most": 3},
        after={"quota.most": 4},
    ),
    Act(
        does="quota.delete",
        words="quota delete q1",
        subject="q1",
        before={"quota.most": 4},
    ),
    Act(
        does="upstream.add",
        words=f"upstream add f1 --connector fulu --base-url http://127.0.0.1:9 --set app_key=k"
        f" --set secret={CANARY} --proxy http://u:{CANARY}@127.0.0.1:8",
        subject="f1",
        after={"upstream.paused": False},
    ),
    Act(
        does="upstream.update",
        words=f"upstream update f1 --set secret={CANARY}2 --calls-per-second 5",
        subject="f1",
        before={"upstream.calls_per_s": None},
        after={"upstream.calls_per_s": 5.0},
    ),
    Act(
        does="upstream.pause",
        words="upstream pause f1",
        subject="f1",
        before={"upstream.paused": False},
        after={"upstream.paused": True},
    ),
    Act(
        does="upstream.resume",
        words="upstream resume f1",
        subject="f1",
        before={"upstream.paused": True},
        after={"upstream.paused": False},
    ),
    *ACTS_OF_CHANNELS,
    Act(
        does="order.resolve",
        words="order resolve 201 --as reversed --reason mail",
        subject="201",
        before={"order.state": "delivered", "attempt.state": "succeeded"},
        after={"order.state": "reversed", "resolution.approved_by": None},
    ),
    Act(
        does="order.cancel",
        words="order cancel 203",
        subject="203",
        before={"order.state": "processing", "order.refunded": 0},
        after={"order.state": "failed", "order.refunded": 500},
    ),
    Act(
        does="webhook.set",
        words="webhook set beta https://beta.example",
        subject="beta",
        after={"endpoint.url": "https://beta.example"},
    ),
    Act(
        does="webhook.secret",
        words="webhook secret beta",
        subject="beta",
        before={"partner.webhook_secret_old_until": None},
        after={"partner.webhook_secret_old_until": None},
    ),
    Act(
        does="webhook.secret",
        words="webhook secret beta --rotate",
        subject="beta",
        before={"partner.webhook_secret_old_until": None},
    ),
    Act(
        does="webhook.replay",
        words="webhook replay msg_4711",
        subject="4711",
        before={"webhook.state": "dead", "webhook.attempts": 10},
        after={"webhook.state": "pending", "webhook.attempts": 0},
    ),
    Act(
        does="webhook.replay-dead",
        words="webhook replay-dead acme",
        subject="acme",
        after={"replayed": 1},
    ),
    Act(does="webhook.test", words="webhook test beta", subject="beta", after={"state": "pending"}),
    *ACTS_OF_STOCK,
    *ACTS_OF_PEOPLE,
    *ACTS_OF_CASES,
    *ACTS_OF_APPROVALS,
)
