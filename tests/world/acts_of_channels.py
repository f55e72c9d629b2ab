"""What operators do with channels, after the partners and SKUs of acts.py."""

from tests.world.act import Act

CANARY = "canary-7f3a9c"  # as in acts.py

ACTS_OF_CHANNELS = (
    Act(
        does="channel.add",
        words=f"channel add x1 --adapter goofish --partner beta --set app_id=1 --set"
        f" app_secret={CANARY}3 --set mch_id=2 --set mch_secret={CANARY}4",
        subject="x1",
        after={"channel.adapter": "goofish"},
    ),
    Act(
        does="channel.update",
        words=f"channel update x1 --set mch_secret={CANARY}5",
        subject="x1",
        before={"channel.paused": False},
    ),
    Act(
        does="channel.map",
        words="channel map x1 4711 S",
        subject="x1",
        after={"channel_product.external_product": "4711"},
    ),
    Act(
        does="channel.unmap",
        words="channel unmap x1 4711",
        subject="x1",
        before={"channel_product.external_product": "4711"},
    ),
    Act(
        does="channel.pause",
        words="channel pause x1",
        subject="x1",
        before={"channel.paused": False},
        after={"channel.paused": True},
    ),
    Act(
        does="channel.resume",
        words="channel resume x1",
        subject="x1",
        before={"channel.paused": True},
        after={"channel.paused": False},
    ),
    Act(
        does="channel.retry",
        words="channel retry x1 held-1",
        subject="x1",
        before={"channel_task.state": "held"},
        after={"channel_task.state": "new"},
    ),
    Act(
        does="channel.drop",
        words="channel drop x1 held-2",
        subject="x1",
        before={"channel_task.state": "held"},
        after={"channel_task.state": "done"},
    ),
)
