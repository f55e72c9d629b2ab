"""Where browsers know passkeys, and which challenge an answer may be to."""

from dataclasses import replace

import pytest

from gateway.sessions.passkey_rules import (
    TERM_S,
    Reason,
    Site,
    is_good,
    new_challenge,
    site_of,
)

HERE = Site(name="shop.example", origin="https://shop.example")


@pytest.mark.parametrize(
    ("host", "https", "site"),
    [
        ("shop.example", True, HERE),
        ("Shop.Example:8443", True, Site(name="shop.example", origin="https://shop.example:8443")),
        ("localhost:8080", False, Site(name="localhost", origin="http://localhost:8080")),
        ("shop.localhost", False, Site(name="shop.localhost", origin="http://shop.localhost")),
        ("shop.example", False, None),  # in the open
        ("127.0.0.1:8080", False, None),  # an address has no passkeys, whatever it is
        ("[::1]:8080", True, None),
        ("192.0.2.7", True, None),
        ("", True, None),
        ("shop.example/evil", True, None),
        ("user@shop.example", True, None),
        ("shop.example:no", True, None),
    ],
)
def test_a_site_is_a_name_by_https_or_the_machine_itself(
    host: str, https: bool, site: Site | None
) -> None:
    """What it is called is what its browsers call it."""
    assert site_of(host, https=https) == site


def test_a_challenge_is_for_one_thing_of_one_session_at_one_site_for_its_term() -> None:
    """Each of them taken away makes it none. Seen red with each comparison taken out."""
    challenge = new_challenge(1_000.0, Reason.STEP_UP, "ses_1", HERE)
    last_s = 1_000.0 + TERM_S - 1
    assert is_good(challenge, last_s, Reason.STEP_UP, "ses_1", HERE)
    assert not is_good(challenge, last_s + 1, Reason.STEP_UP, "ses_1", HERE)
    assert not is_good(challenge, 999.0, Reason.STEP_UP, "ses_1", HERE)
    assert not is_good(challenge, last_s, Reason.SIGN_IN, "ses_1", HERE)
    assert not is_good(challenge, last_s, Reason.STEP_UP, "ses_2", HERE)
    assert not is_good(challenge, last_s, Reason.STEP_UP, "ses_1", replace(HERE, name="x.example"))
    assert new_challenge(1_000.0, Reason.STEP_UP, "ses_1", HERE) != challenge
