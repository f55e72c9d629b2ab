"""Deciding what somebody else asked for, on the world that acts.py left."""

from tests.world.act import Act

# Amy asked for two pools; nobody needs two for that, but the row is what decides.
ASKED = """
    INSERT INTO operator (name, person, password, totp_secret, made_by)
    VALUES ('amy', 'amy', '$argon2id$', '', 'os:li@host');
    INSERT INTO operator_role SELECT o.id, r.id FROM operator o, role r WHERE o.name = 'amy' AND r.name = 'admin';
    INSERT INTO approval (action, permission, subject, summary, parameters, parameters_sha256,
        requested_by, requester_person, requested_from, how, expires_at)
    SELECT 'pool.create', 'pools:create', name, name, p, sha256(convert_to(p, 'UTF8')), 'amy', 'amy', 'x',
           '{"via": "api"}', now() + interval '1 day'
    FROM unnest('{asked,unwanted}'::text[]) AS name
    CROSS JOIN LATERAL (SELECT format('{"pool":"%s"}', name) AS p) AS parameters
"""  # noqa: E501
ACTS_OF_APPROVALS = (
    Act(
        does="approval.approve",
        words="approval approve 1 --reason fine",
        subject="1",
        rows=2,
        before={"approval.state": "waiting"},
        after={"approval.state": "done", "approval.requester_person": "amy"},
        prepared=ASKED,
    ),
    Act(
        does="approval.refuse",
        words="approval refuse 2 --reason no",
        subject="2",
        before={"approval.decided_by": None},
        after={"approval.state": "refused"},
    ),
)
