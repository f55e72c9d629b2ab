"""The actions on operators, roles and tokens, on the world that acts.py left."""

from tests.world.act import Act

ACTS_OF_PEOPLE = (
    Act(
        does="role.create",
        words="role create night --permission orders:read",
        subject="night",
        after={"role.name": "night", "permissions": ["orders:read"]},
    ),
    Act(
        does="role.grant",
        words="role grant night holds:release",
        subject="night",
        before={"role.name": "night"},
    ),
    Act(
        does="role.revoke",
        words="role revoke night holds:release",
        subject="night",
        before={"role.name": "night"},
    ),
    Act(
        does="operator.create",
        words="operator create lee --role viewer --person li",
        subject="lee",
        after={"operator.person": "li", "operator.disabled_at": None},
    ),
    Act(
        does="operator.roles",
        words="operator roles lee --add night --remove viewer",
        subject="lee",
        after={"roles": ["night"]},
    ),
    Act(
        does="operator.disable",
        words="operator disable lee",
        subject="lee",
        before={"operator.disabled_at": None},
    ),
    Act(
        does="operator.enable",
        words="operator enable lee",
        subject="lee",
        after={"operator.disabled_at": None},
    ),
    Act(
        does="operator.unfreeze",
        words="operator unfreeze zoe --reason asked",
        subject="zoe",
        after={"operator.frozen_at": None},
    ),
    Act(does="operator.reset-password", words="operator reset-password lee", subject="lee"),
    Act(does="operator.reset-totp", words="operator reset-totp lee", subject="lee"),
    Act(
        does="token.create",
        words="operator token create lee --label nights",
        subject="{token_id}",
        after={"token.label": "nights", "token.revoked_at": None},
    ),
    Act(
        does="token.revoke",
        words="operator token revoke {token_id}",
        subject="{token_id}",
        before={"token.revoked_at": None},
    ),
    Act(
        does="passkey.revoke",
        words="operator passkey revoke pk_0123456789abcdef --operator lee",
        subject="pk_0123456789abcdef",
        prepared="INSERT INTO passkey (passkey_id, operator_id, credential_id, public_key, site,"
        " label, sign_count) SELECT 'pk_0123456789abcdef', id, 'id', 'key', 'localhost', 'lamp', 0"
        " FROM operator WHERE name = 'lee'",
        before={"passkey.label": "lamp", "passkey.revoked_at": None},
    ),
    Act(
        does="alert.acknowledge",
        words="alert acknowledge 1",
        subject="1",
        prepared="INSERT INTO alert (kind, subject, level, detail)"
        " VALUES ('disk', 'x', 'page', '')",
        before={"alert.acknowledged_by": None},
        after={"alert.kind": "disk"},
    ),
    Act(
        does="notify.add",
        words="notify add duty --kind wecom --set url=https://127.0.0.1/canary-7f3a9c",
        subject="duty",
        after={"notifier.kind": "wecom"},
    ),
    Act(
        does="notify.remove",
        words="notify remove duty",
        subject="duty",
        before={"notifier.kind": "wecom"},
    ),
)
