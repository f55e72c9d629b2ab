"""What people write into `--redis-url`: what is understood, what is refused; never a password."""

import pytest

from gateway.ground.config import load_config
from gateway.ground.errors import ConfigError
from gateway.ground.redis.address import Kind, read_address

SERVER, SENTINEL, CLUSTER = Kind.SERVER, Kind.SENTINEL, Kind.CLUSTER

UNDERSTOOD = [
    ("redis://cache", SERVER, False, (("cache", 6379),), 0, "redis://cache:6379/0"),
    ("redis://cache:7000/3", SERVER, False, (("cache", 7000),), 3, "redis://cache:7000/3"),
    ("valkey://u:p%40s@cache", SERVER, False, (("cache", 6379),), 0, "redis://cache:6379/0"),
    ("rediss://:secret@[::1]:6380", SERVER, True, (("::1", 6380),), 0, "rediss://[::1]:6380/0"),
    ("valkeys://cache/?db=2", SERVER, True, (("cache", 6379),), 2, "rediss://cache:6379/2"),
    ("unix:///run/valkey.sock?db=1", SERVER, False, (), 1, "unix:///run/valkey.sock"),
    (
        "redis+sentinel://:secret@a,b:5/shop/1", SENTINEL, False, (("a", 26379), ("b", 5)), 1,
        "redis+sentinel://a:26379,b:5/shop/1",
    ),
    (
        "redis-sentinel://a/shop", SENTINEL, False, (("a", 26379),), 0,
        "redis+sentinel://a:26379/shop/0",
    ),
    (
        "rediss+cluster://:secret@a,b:7001", CLUSTER, True, (("a", 6379), ("b", 7001)), 0,
        "rediss+cluster://a:6379,b:7001",
    ),
]  # fmt: skip


@pytest.mark.parametrize("understood", UNDERSTOOD)
def test_understood(understood: tuple[str, Kind, bool, object, int, str]) -> None:
    """Each form, and how it is shown: without user and password."""
    text, *expected = understood
    address = read_address(text)
    assert expected == [
        address.kind, address.tls, address.hosts, address.database, address.shown,
    ]  # fmt: skip
    assert "secret" not in repr(address)


def test_credentials_and_words() -> None:
    """Escapes in a password, those of sentinels, an authority of one's own."""
    address = read_address(
        "rediss+sentinel://us%3Aer:p%40%2Fs@a/shop?sentinel_password=s2&ssl_ca_certs=/ca.pem"
        "&ssl_cert_reqs=none&sentinel_username=watch"
    )
    assert ("us:er", "p@/s") == (address.username, address.password)
    assert ("watch", "s2") == (address.sentinel_username, address.sentinel_password)
    assert ("/ca.pem", False) == (address.ca_file, address.verifies)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "redis://"),
        ("cache:6379", "begin with redis://"),
        ("http://cache-hunter2", "begin with redis://"),
        ("redis://", "no host"),
        ("redis://:hunter2@", "no host"),
        ("redis://ca che", "blanks"),
        ("redis://:hun/ter2@cache", "port that is none|no host|number|more after"),
        ("redis://:hun@ter2@cache:x", "port that is none"),
        ("redis://cache:70000", "port that is none"),
        ("redis://cache/one-hunter2", "is a number"),
        ("redis://cache/-1", "is a number"),
        ("redis://cache/1/2", "more after the host"),
        ("redis://a,b", "several hosts"),
        ("redis+sentinel://:hunter2@a,b", "what they watch"),
        ("redis+cluster://a/1", "no database but 0"),
        ("redis://cache?password=hunter2", "nothing here understands"),
        ("rediss://cache?ssl_cert_reqs=hunter2", "ssl_cert_reqs"),
        ("unix://relative/hunter2", "three slashes"),
        ("unix:///", "three slashes"),
        ("redis://[::1", "host that is none|no host"),
    ],
)
def test_refused(text: str, why: str) -> None:
    """What is wrong is named, and nothing of the value that may be secret is repeated."""
    with pytest.raises(ValueError, match=why) as refused:
        read_address(text)
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ConfigError) as stopped:
        load_config(flags={}, environment={"QUANGATE_REDIS_URL": f"{text} "}, file=None)
    assert "hunter2" not in str(stopped.value)


def test_an_empty_setting_is_none() -> None:
    """Compose files write empty variables to say that there is none."""
    config = load_config(flags={}, environment={"QUANGATE_REDIS_URL": ""}, file=None)
    assert config.redis_url is None
