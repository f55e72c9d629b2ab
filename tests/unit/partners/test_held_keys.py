"""The keys a worker holds: one that does not open is its own partner's trouble."""

from pathlib import Path

from structlog.testing import capture_logs

from gateway.catalog.snapshot import KeySecrets
from gateway.ground.native import KeyRing, Vault, new_partner_secrets, sign_request
from gateway.partners.held_keys import HeldKeys

NONCE = "n" * 16


def test_a_key_that_does_not_open_stops_no_other(tmp_path: Path) -> None:
    """It is named once, the others work; it works as well as soon as it opens.

    Seen red with its error let through: no worker started, for a key that nobody may have used.
    """
    ours, theirs = Vault.open(tmp_path / "ours" / "kek"), Vault.open(tmp_path / "theirs" / "kek")
    working, shown = {}, {}
    for key_id, vault in (("qk_a", theirs), ("qk_b", ours)):
        shown[key_id], _, signing, delivery = new_partner_secrets(vault, key_id)
        working[key_id] = KeySecrets(signing_key=signing, delivery_key=delivery)
    ring = KeyRing()
    held = HeldKeys(ring, ours)

    def works(key_id: str) -> bool:
        signature = sign_request(shown[key_id], "GET", "/v1/account", "1", NONCE, b"")
        return ring.verify(key_id, "GET", "/v1/account", "1", NONCE, b"", signature)

    with capture_logs() as said:
        held.take(working)
        held.take(working)
    assert [(line["event"], line["key_id"]) for line in said] == [("keys.unusable", "qk_a")]
    assert works("qk_b")
    assert not works("qk_a")
    ours.lend(tmp_path / "theirs" / "kek")
    held.take(working)
    assert works("qk_a")
