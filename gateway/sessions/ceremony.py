"""What browsers are asked with, and what they answer, by WebAuthn; the library is loaded late.

Answers are judged away from the event loop: a stranger's bytes are parsed there, and a signature
looked at.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from gateway.sessions.passkey_rules import TERM_S, Site

T = TypeVar("T")
SHOP: Final = "Quangate"
ANSWER_BYTES_MAX: Final = 32_768
ID_BYTES_MAX: Final = 1023


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a browser answered, read but not believed."""

    text: str
    credential_id: bytes
    challenge: bytes
    user: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A passkey that an authenticator has just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def to_make(
    site: Site, challenge: bytes, *, user: bytes, name: str, there: Sequence[bytes]
) -> dict[str, Any]:
    """What `navigator.credentials.create` is given; `there` are those he has already."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=site.name,
        rp_name=SHOP,
        user_id=user,
        user_name=name,
        challenge=challenge,
        timeout=int(TERM_S * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in there],
    )
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def to_show(site: Site, challenge: bytes, there: Sequence[bytes] = ()) -> dict[str, Any]:
    """What `navigator.credentials.get` is given; none `there`: whichever he chooses."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import (
        PublicKeyCredentialDescriptor,
        UserVerificationRequirement,
    )

    options = generate_authentication_options(
        rp_id=site.name,
        challenge=challenge,
        timeout=int(TERM_S * 1000),
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in there],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


async def read(text: str) -> Answer | None:
    """None: it is no answer at all."""
    return await _apart(lambda: _read(text))


async def made(answer: Answer, site: Site) -> Made | None:
    """The passkey it says was made; None: it is not for this site, or not as it was asked for."""
    return await _apart(lambda: _made(answer, site))


async def shown(answer: Answer, site: Site, public_key: bytes, sign_count: int) -> int | None:
    """The counter, if whoever answered has the other half of the key and was verified.

    None: he has not, or the counter goes back, as that of a copy does.
    """
    return await _apart(lambda: _shown(answer, site, public_key, sign_count))


async def _apart(judge: Callable[[], T]) -> T:
    return await asyncio.to_thread(judge)


def _read(text: str) -> Answer | None:
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    if not 0 < len(text) <= ANSWER_BYTES_MAX:
        return None
    try:
        said = json.loads(text)
        response = said["response"]
        client = parse_client_data_json(base64url_to_bytes(response["clientDataJSON"]))
        credential_id = base64url_to_bytes(said["id"])
        user = response.get("userHandle")
        if client.cross_origin or not 0 < len(credential_id) <= ID_BYTES_MAX:
            return None
        return Answer(
            text=text,
            credential_id=credential_id,
            challenge=client.challenge,
            user=None if not user else base64url_to_bytes(user),
        )
    except Exception:  # noqa: BLE001 - a stranger's bytes: whatever the parsers say of them
        return None


def _made(answer: Answer, site: Site) -> Made | None:
    from webauthn import verify_registration_response

    try:
        verified = verify_registration_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - as above
        return None
    return Made(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
    )


def _shown(answer: Answer, site: Site, public_key: bytes, sign_count: int) -> int | None:
    from webauthn import verify_authentication_response

    try:
        return verify_authentication_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        ).new_sign_count
    except Exception:  # noqa: BLE001 - as above
        return None
