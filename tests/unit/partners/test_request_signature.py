"""Who a request comes from: partner keys, their signatures, and webhook signatures."""

import hashlib
import hmac
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.ground.native import (
    KeyRing,
    Vault,
    new_partner_secrets,
    new_webhook_secret,
    sign_request,
    webhook_sign,
)
from gateway.ground.native_errors import RecordCorrupt

GOLDEN_SECRET = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
GOLDEN_REQUEST = (
    "POST",
    "/v1/orders",
    "1767225600",
    "nonce-0123456789ab",
    b'{"out_order_no":"A1","sku":"VIP-MONTH"}',
)
GOLDEN_SIGNATURE = "v1=a2911f532fa562aba3f8b5d55d5d51415a5c71015e9c122383279310c0d3347c"
REQUEST = ("GET", "/v1/orders?state=&limit=5", "1767225600", "nonce-0123456789ab", b"")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path / "kek")


def put(vault: Vault, keyring: KeyRing, key_id: str) -> str:
    secret, _, signing_blob, delivery_blob = new_partner_secrets(vault, key_id)
    keyring.put(key_id, signing_blob, delivery_blob, vault)
    return secret


def test_the_vector_of_the_contract() -> None:
    """api.md, "Authentication": the string to sign, the key's bytes, the header's form."""
    assert sign_request(GOLDEN_SECRET, *GOLDEN_REQUEST) == GOLDEN_SIGNATURE


def test_verify_against_plain_hmac(vault: Vault) -> None:
    """A signature computed with nothing but the standard library is accepted."""
    keyring = KeyRing()
    secret = put(vault, keyring, "qk_1")
    method, target, timestamp, nonce, body = REQUEST
    digest = hashlib.sha256(body).hexdigest()
    to_sign = "\n".join((method, target, timestamp, nonce, digest)).encode()
    key = urlsafe_b64decode(secret.removeprefix("qs_") + "=")
    header = "v1=" + hmac.new(key, to_sign, hashlib.sha256).hexdigest()
    assert keyring.verify("qk_1", *REQUEST, header)
    assert keyring.verify("qk_1", method, target.encode(), timestamp, nonce, body, header)
    assert sign_request(secret, *REQUEST) == header


@pytest.mark.parametrize(
    ("index", "other"),
    [
        # Each signed member, changed by as little as possible.
        (0, "PUT"),
        (1, "/v1/orders?state=&limit=6"),
        (1, "/v1/orders?limit=5&state="),
        (2, "1767225601"),
        (3, "nonce-0123456789aB"),
        (4, b" "),
    ],
)
def test_every_member_counts(vault: Vault, index: int, other: str | bytes) -> None:
    """A request that differs in one member does not verify."""
    keyring = KeyRing()
    header = sign_request(put(vault, keyring, "qk_1"), *REQUEST)
    changed = [*REQUEST]
    changed[index] = other
    assert not keyring.verify("qk_1", *changed, header)  # type: ignore[arg-type, call-arg]


def test_keys_are_told_apart(vault: Vault) -> None:
    """A key's signature is good for that key, until it is removed; unknown ids are just wrong."""
    keyring = KeyRing()
    header = sign_request(put(vault, keyring, "qk_1"), *REQUEST)
    put(vault, keyring, "qk_2")
    assert "qk_1" in keyring
    assert len(keyring) == 2
    assert not keyring.verify("qk_2", *REQUEST, header)
    assert not keyring.verify("qk_3", *REQUEST, header)
    assert keyring.remove("qk_1")
    assert not keyring.remove("qk_1")
    assert not keyring.verify("qk_1", *REQUEST, header)


def test_rotation_headers(vault: Vault) -> None:
    """Several signatures, separated by a space, are accepted when one of them is right."""
    keyring = KeyRing()
    right = sign_request(put(vault, keyring, "qk_1"), *REQUEST)
    wrong = sign_request(GOLDEN_SECRET, *REQUEST)
    assert keyring.verify("qk_1", *REQUEST, f"{wrong} {right}")
    assert keyring.verify("qk_1", *REQUEST, f"{right} {wrong}")
    for header in (
        wrong,
        f"{wrong} {wrong}",
        "",
        right.upper(),
        right[:-1],
        right.replace("v1", "v2"),
    ):
        assert not keyring.verify("qk_1", *REQUEST, header)


@pytest.mark.parametrize("position", range(6))
def test_bytes_that_are_not_utf8(vault: Vault, position: int) -> None:
    """Lone surrogates, as aiohttp makes of stray bytes, are a wrong signature and not an error."""
    keyring = KeyRing()
    header = sign_request(put(vault, keyring, "qk_1"), *REQUEST)
    arguments: list[str | bytes] = ["qk_1", *REQUEST, header]
    if position == 5:
        position = 6
    arguments[position] = "\udc80"
    assert not keyring.verify(*arguments)  # type: ignore[arg-type]


def test_blobs_are_bound_to_their_key_id(vault: Vault) -> None:
    """A blob stored under another key's id, or in the other column, does not open."""
    keyring = KeyRing()
    _, _, signing_1, delivery_1 = new_partner_secrets(vault, "qk_1")
    _, _, signing_2, delivery_2 = new_partner_secrets(vault, "qk_2")
    for signing, delivery in (
        (signing_2, delivery_1),
        (signing_1, delivery_2),
        (delivery_1, signing_1),
    ):
        with pytest.raises(RecordCorrupt):
            keyring.put("qk_1", signing, delivery, vault)
    assert "qk_1" not in keyring


def test_new_secrets_have_the_contract_form(vault: Vault) -> None:
    """`qs_` and `qd_` with 32 bytes of base64url each, never twice the same."""
    made = [new_partner_secrets(vault, "qk_1")[:2] for _ in range(50)]
    for secret, delivery_key in made:
        for text, prefix in ((secret, "qs_"), (delivery_key, "qd_")):
            assert text.startswith(prefix)
            assert len(urlsafe_b64decode(text.removeprefix(prefix) + "=")) == 32
            assert len(text) == len(GOLDEN_SECRET)
    assert len({text for pair in made for text in pair}) == 100


def test_nothing_secret_is_shown(vault: Vault) -> None:
    """Neither the ring's representation nor the refusal of a bad secret quotes a secret (I12)."""
    keyring = KeyRing()
    secret = put(vault, keyring, "qk_1")
    with pytest.raises(ValueError, match="qs_") as caught:
        sign_request(secret[:-1], *REQUEST)
    assert secret[3:-1] not in f"{keyring!r} {caught.value!r}"


def test_the_webhook_vector() -> None:
    """upstreams.md §8, Standard Webhooks."""
    body = b'{"type":"order.succeeded","data":{"id":"ord_1"}}'
    secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    signature = webhook_sign(secret, "msg_demo1", 1767225600, body)
    assert signature == "v1,s8UycUxNYCLybJABjn7phO1/07e28pbA5msX4eDEWSo="


def test_webhooks_verify_with_the_public_library() -> None:
    """What we sign under a fresh secret, the Standard Webhooks library accepts, and only that."""
    from datetime import UTC, datetime

    secret, body, now = new_webhook_secret(), b'{"type":"order.delivered"}', datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook_sign(secret, "msg_1", int(now.timestamp()), body),
    }
    assert Webhook(secret).verify(body, headers) == {"type": "order.delivered"}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_webhook_secret()).verify(body, headers)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "whsec_" + "*" * 44, "A" * 44])
def test_bad_webhook_secrets(secret: str) -> None:
    """A secret of another form is refused instead of signing with something weak."""
    with pytest.raises(ValueError, match="whsec_"):
        webhook_sign(secret, "msg_1", 1, b"")
