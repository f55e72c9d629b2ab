"""The doctor's judgement: which facts are ill, and that every illness has a cure."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.health.doctor import examine
from gateway.health.rules import DatabaseFacts, HealthCheck, KeyFacts, MachineFacts

MACHINE = MachineFacts(
    python=(3, 11, 7),
    package_version="1.0",
    core_version="1.0",
    core_error="",
    data_dir="/data",
    data_dir_mode=0o700,
    data_dir_writable=True,
    key_file="/data/kek",
    key_file_mode=0o600,
    disk_free_bytes=1 << 40,
    open_files_max=65_536,
    address="127.0.0.1:8080",
    port_free=True,
    port_answers=False,
    opened_directories=(),
)
DATABASE = DatabaseFacts(
    embedded=True,
    version=180_001,
    encoding="UTF8",
    unsafe_settings=(),
    is_replica=False,
    migrations_missing=0,
    migrations_newer=None,
    skew_s=0.01,
    connections_max=97,
    connections_reserved=3,
    connections_needed=19,
    holds_secrets=True,
)
KEYS = KeyFacts(error=None, wrapped=7, keys_missing=())


def ill(checks: Any) -> list[str]:
    """The names of the checks that are not well."""
    return [check.name for check in checks if not check.ok]


def test_a_sound_machine_is_well() -> None:
    """Everything as it should be: no check fails, none says what to fix."""
    checks = examine(MACHINE, DATABASE, KEYS)
    assert ill(checks) == []
    assert all(check.fix == "" for check in checks)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"python": (3, 10, 12)}, "python"),
        ({"core_version": None, "core_error": "no such file"}, "native-core"),
        ({"core_version": "0.9"}, "native-core"),  # of another installation
        ({"data_dir_mode": 0o750}, "data-directory"),  # the group may list it
        ({"data_dir_writable": False}, "data-directory"),
        ({"key_file_mode": 0o640}, "key-file"),
        ({"disk_free_bytes": 1 << 29}, "disk"),
        ({"open_files_max": 1024}, "open-files"),
        ({"port_free": False}, "port"),  # somebody else listens
        ({"proxy_complaint": "none is trusted"}, "trusted-proxy"),
        # the database
        ({"version": 140_010}, "database"),
        ({"encoding": "SQL_ASCII"}, "database"),
        ({"is_replica": True}, "database"),
        ({"unsafe_settings": ("fsync",)}, "durability"),
        ({"connections_max": 10}, "connections"),
        ({"migrations_newer": "0099_future"}, "migrations"),
        ({"skew_s": -3.0}, "clock"),
        ({"account_rules": (("OLD", r"(?=1)\d+"),)}, "account-rules"),  # taken by an older version
        ({"callback_complaint": "nobody can call back"}, "public-url"),
        ({"sales_closed": True}, "sales"),
        ({"backup_age_s": 93_601.0}, "backup"),
        ({"follower_missing": True}, "follower"),
        ({"replica": (False, "61 s behind")}, "replica"),
        # the keys
        ({"error": "the key file is missing"}, "keys"),
        ({"keys_missing": ("kek-1",)}, "keys"),
    ],
)
def test_an_illness_is_found_and_has_a_cure(facts: dict[str, Any], name: str) -> None:
    """Each bad fact fails exactly its own check, which says what to do."""
    parts: list[Any] = [MACHINE, DATABASE, KEYS]
    member = next(iter(facts))
    changed = [replace(part, **facts) if hasattr(part, member) else part for part in parts]
    checks = examine(*changed)
    assert ill(checks) == [name]
    found: HealthCheck = next(check for check in checks if check.name == name)
    assert found.fix


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"port_free": False, "port_answers": True}, "Quangate that answers"),  # it runs already
        ({"data_dir_mode": None}, "not there yet"),  # a fresh directory needs no init
        ({"data_dir_mode": 0o701}, "mode 0701"),  # others may pass: the embedded server's user
        ({"key_file_mode": None}, "not made yet"),
        ({"migrations_missing": 2}, "2 to apply"),
        ({"backup_age_s": 7_200.0}, "2.0 hours old"),
        ({"backup_age_s": None}, "none yet"),
        ({"holds_secrets": False}, "nothing is wrapped yet"),
        ({"account_rules": (("QQ", "qq"),)}, "1 SKUs have one"),
    ],
)
def test_what_is_merely_new_is_well(facts: dict[str, Any], words: str) -> None:
    """A fresh or a busy installation is not ill."""
    member = next(iter(facts))
    parts: list[Any] = [MACHINE, DATABASE, KEYS]
    changed = [replace(part, **facts) if hasattr(part, member) else part for part in parts]
    checks = examine(*changed)
    assert ill(checks) == []
    assert any(words in check.detail for check in checks)


def test_an_unreachable_database_is_one_finding() -> None:
    """Without a database nothing is said of its settings or of the keys in it."""
    checks = examine(MACHINE, "the database does not answer", None)
    assert ill(checks) == ["database"]
    assert "keys" not in {check.name for check in checks}


def test_opened_directories_are_named() -> None:
    """As root the server's user must reach its programs: what was opened for that is said."""
    machine = replace(MACHINE, opened_directories=("/root",))
    named = {check.name: check for check in examine(machine, DATABASE, KEYS)}
    assert named["programs"].ok
    assert "/root" in named["programs"].detail
    assert "programs" not in {check.name for check in examine(MACHINE, DATABASE, KEYS)}


def test_a_gateway_that_looks_at_itself_is_well() -> None:
    """Its port is taken, by itself. Seen red: it was told to stop what listens there."""
    checks = examine(replace(MACHINE, port_free=False, port_ours=True), DATABASE, KEYS)
    assert ill(checks) == []
