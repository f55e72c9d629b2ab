"""What one worker counts about webhooks: attempts, and what is in its memory."""

from collections.abc import Iterator

from gateway.ground.metric_family import Family, durations, one
from gateway.webhooks.courier import Courier


def families(courier: Courier) -> Iterator[Family]:
    """All of this worker's, now."""
    attempts = courier.attempts
    yield Family(
        "counter",
        "quangate_webhook_attempts",
        "Webhook messages sent to partners, by what came of it.",
        ["outcome"],
        [(["delivered"], attempts.delivered), (["failed"], attempts.failed)],
    )
    yield durations(
        "quangate_webhook_attempt_duration_seconds",
        "Time from sending a webhook message to the receiver's answer, or to giving it up.",
        ["outcome"],
        attempts.times,
    )
    yield one(
        "counter",
        "quangate_webhook_dead_letters",
        "Webhook messages given up; `quangate webhook list --state dead` shows them.",
        attempts.dead,
    )
    yield one(
        "gauge",
        "quangate_webhooks_in_memory",
        "Webhook messages waiting or under way in this worker; more may wait in the database.",
        courier.in_memory,
    )
