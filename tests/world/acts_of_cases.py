"""Cases of the orders that the acts before left."""

from tests.world.act import Act

ACTS_OF_CASES = (
    Act(
        does="rule.create",
        words="case rule create small --kind refund --max-amount 5 --do approve --shadow",
        subject="small",
        after={"rule.shadow": True, "rule.does": "approve"},
    ),
    Act(
        does="rule.change",
        words="case rule change small --no-enabled",
        subject="small",
        before={"rule.enabled": True},
        after={"rule.enabled": False},
    ),
    Act(
        does="case.create",
        words="case create 101 --kind question --reason how",
        subject="{case_no}",
        after={"case.state": "opened", "case.order_id": "101"},
    ),
    Act(
        does="case.take",
        words="case take {case_no}",
        subject="{case_no}",
        before={"case.state": "opened", "case.assigned_to": None},
        after={"case.state": "in_review"},
    ),
    Act(does="case.note", words="case note {case_no} asked", subject="{case_no}"),
    Act(
        does="case.snooze",
        words="case snooze {case_no} --until 2026-01-01T00:00:00Z",
        subject="{case_no}",
        before={"case.snoozed_until": None},
        after={"case.snoozed_until": "2026-01-01T00:00:00Z"},
    ),
    Act(
        does="case.escalate",
        words="case escalate {case_no}",
        subject="{case_no}",
        before={"case.level": 0},
        after={"case.level": 1, "case.assigned_to": None},
    ),
    Act(
        does="case.next",
        words="case next",
        subject="{case_no}",
        after={"case.level": 1, "case.state": "in_review"},
    ),
    Act(
        does="case.assign",
        words="case assign {case_no} lee",
        subject="{case_no}",
        after={"case.assigned_to": "lee"},
    ),
    Act(
        does="case.resolve",
        words="case resolve {case_no} --reason like-this",
        subject="{case_no}",
        before={"case.state": "in_review"},
        after={"case.state": "resolved", "case.outcome": "answered"},
    ),
    Act(
        does="case.create",
        words="case create 102 --kind refund --quantity 1 --reason broken",
        subject="{case_no}",
        after={"case.kind": "refund"},
    ),
    Act(
        does="case.approve",
        words="case approve {case_no} --reason true",
        subject="{case_no}",
        before={"case.state": "opened", "case.refunded": 0},
        after={"case.state": "resolved", "case.refunded": 100},
    ),
    Act(
        does="case.create",
        words="case create 102 --kind reissue --reason broken",
        subject="{case_no}",
        after={"case.kind": "reissue"},
    ),
    Act(
        does="case.refuse",
        words="case refuse {case_no} --reason used",
        subject="{case_no}",
        before={"case.outcome": None},
        after={"case.state": "refused"},
    ),
)
