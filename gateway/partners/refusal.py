"""A request of a partner's that was refused, as the operator may see it: no secret, no body."""

import msgspec

TARGET_CHARS_MAX = 2_048
FIELD_CHARS_MAX = 256
PER_KEY_MAX = 8
KEYS_MAX = 256


class RefusedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What came, when (Unix seconds), and why it was refused (`code` of the problem).

    `body_sha256` None: the body was not read, the head was enough to refuse it. Texts are cut
    at their bounds.
    """

    at: float
    code: str
    reason: str
    client: str | None
    method: str
    target: str
    timestamp: str
    nonce: str
    signature: str
    body_sha256: str | None

    @property
    def string_to_sign(self) -> str | None:
        """What the signature had to be made over (api.md); None: the body was not read."""
        if self.body_sha256 is None:
            return None
        return string_to_sign(
            self.method, self.target, self.timestamp, self.nonce, self.body_sha256
        )


def string_to_sign(method: str, target: str, timestamp: str, nonce: str, body_sha256: str) -> str:
    """The text that a request's signature is made over (api.md, Authentication)."""
    return "\n".join((method, target, timestamp, nonce, body_sha256))
