"""Words in a PostgreSQL URL: understood, or named in a sentence (`found.md` §11)."""

import os

import pytest

from gateway.ground.errors import ConfigError
from gateway.ground.sql.dsn import CONNECT_TIMEOUT_S, Wanted, forget_environment, understand

BASE = "postgresql://u:geheim@db.example:5432/shop"


@pytest.mark.parametrize(
    ("query", "left", "timeout_s"),
    [
        ("", "", CONNECT_TIMEOUT_S),
        ("?connect_timeout=7", "", 7.0),
        ("?schema=public&connection_limit=5&pool_timeout=3", "", CONNECT_TIMEOUT_S),
        ("?currentSchema=public", "", CONNECT_TIMEOUT_S),
        ("?sslmode=require&channel_binding=prefer", "?sslmode=require", CONNECT_TIMEOUT_S),
        (
            "?sslmode=verify-full&channel_binding=require&sslrootcert=/etc/ca.pem",
            "?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem",
            CONNECT_TIMEOUT_S,
        ),
        ("?pgbouncer=false", "", CONNECT_TIMEOUT_S),
        ("?keepalives=1&keepalives_idle=30&application_name=x", "", CONNECT_TIMEOUT_S),
        ("?host=%2Ftmp%2Fa%20b&port=5432", "?host=%2Ftmp%2Fa%20b&port=5432", CONNECT_TIMEOUT_S),
        ("?target_session_attrs=read-write", "?target_session_attrs=read-write", CONNECT_TIMEOUT_S),
    ],
)
def test_words_that_are_understood(query: str, left: str, timeout_s: float) -> None:
    """What the driver knows goes on; what changes nothing is left out; the rest of it is ours."""
    target = understand(BASE + query)
    assert (target.url, target.timeout_s) == (BASE + left, timeout_s)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (BASE + "?schema=shop", "in the schema public"),
        (BASE + "?search_path=a,public", "in the schema public"),
        (BASE + "?channel_binding=require", "sslmode=verify-full"),
        (BASE + "?sslmode=require&channel_binding=require", "sslmode=verify-full"),
        (BASE + "?pgbouncer=true", "pooler"),
        (BASE + "?sslmode=no-verify", "is called require"),
        (BASE + "?sslmode=on", "sslmode is one of"),
        (BASE + "?ssl=true", "say sslmode=require"),
        (BASE + "?connect_timeout=soon", "number of seconds"),
        (BASE + "?connect_timeout=-1", "number of seconds"),
        (BASE + "?connect_timeout=9999999999", "number of seconds"),
        (BASE + "?hostaddr=10.0.0.1", "'hostaddr'"),
        (BASE + "?target_session_attrs=writable", "target_session_attrs is one of"),
        ("postgresql://u@/shop?host=a,b&port=1,2,3", "more or fewer ports"),
        (BASE + "?made_up=1", "'made_up'"),
        ("host=db dbname=shop user=u password=geheim", "postgresql://"),
        ("postgresql+asyncpg://u:geheim@db/shop", "postgresql://"),
        ("mysql://u:geheim@db/shop", "postgresql://"),
        ("", "postgresql://"),
    ],
)
def test_words_that_are_named(url: str, says: str) -> None:
    """The sentence says what to write instead, and no password."""
    with pytest.raises(ConfigError) as refused:
        understand(url)
    assert says in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "addresses", "wanted"),
    [
        (BASE, [BASE], Wanted.ANY),
        (BASE + "?target_session_attrs=read-write", [BASE], Wanted.PRIMARY),
        (BASE + "?target_session_attrs=standby", [BASE], Wanted.STANDBY),
        (
            "postgresql://u:a%2Cb@pg-0,pg-1:6432,[::1]:7/shop?sslmode=require",
            [
                "postgresql://u:a%2Cb@pg-0/shop?sslmode=require",
                "postgresql://u:a%2Cb@pg-1:6432/shop?sslmode=require",
                "postgresql://u:a%2Cb@[::1]:7/shop?sslmode=require",
            ],
            Wanted.PRIMARY,
        ),
        (
            "postgresql://u@/shop?host=/a,/b&port=5432",
            [
                "postgresql://u@/shop?host=%2Fa&port=5432",
                "postgresql://u@/shop?host=%2Fb&port=5432",
            ],
            Wanted.PRIMARY,
        ),
        (
            "postgresql://u@/shop?host=a,b&port=1,2&target_session_attrs=any",
            ["postgresql://u@/shop?host=a&port=1", "postgresql://u@/shop?host=b&port=2"],
            Wanted.PRIMARY,
        ),
    ],
)
def test_several_servers(url: str, addresses: list[str], wanted: Wanted) -> None:
    """Each has an address of its own; of several the one is wanted that takes writes."""
    target = understand(url)
    assert (list(target.addresses), target.wanted) == (addresses, wanted)


def test_the_environment_has_no_influence(monkeypatch: pytest.MonkeyPatch) -> None:
    """libpq's variables are gone before the driver looks."""
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PAGER", "less")
    forget_environment()
    assert not [name for name in os.environ if name.startswith("PG")]
    assert os.environ["PAGER"] == "less"
