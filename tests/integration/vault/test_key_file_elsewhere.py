"""The key file may lie elsewhere: --kek FILE, QUANGATE_KEK (pressure.md, "Workers and nodes")."""

from pathlib import Path

from gateway.ground.config import Config
from tests.conftest import run_cli


def settings_of(config: Config, **more: object) -> dict[str, str]:
    """Variables of one command."""
    named = {"DATA": config.data, "DATABASE_URL": config.database_url, **more}
    return {f"QUANGATE_{name}": str(value) for name, value in named.items()}


def test_a_shop_keeps_its_key_where_it_is_told(config: Config, tmp_path: Path) -> None:
    """Made there, used from there by flag and variable, and nowhere else; another one is refused.

    Seen red with DATA/kek used by `keys create`, and by `open_vault`.
    """
    key = tmp_path / "keys" / "the-key"
    key.parent.mkdir(mode=0o700)
    made = run_cli("keys", "create", "--kek", str(key), "--json", environment=settings_of(config))
    assert (made.returncode, made.json["key_file"]) == (0, str(key)), made.stderr
    assert key.stat().st_mode & 0o777 == 0o600
    done = run_cli("partner", "create", "acme", "--json", environment=settings_of(config, KEK=key))
    assert done.returncode == 0, done.stderr
    assert not (config.data / "kek").exists()
    shown = run_cli("keys", "show", "--kek", str(key), "--json", environment=settings_of(config))
    assert shown.json["current"] == made.json["current"]
    without = run_cli("key", "create", "acme", "--json", environment=settings_of(config))
    assert without.returncode == 1
    assert str(config.data / "kek") in without.stderr
    assert "--kek" in without.stderr
    other = tmp_path / "keys" / "other"
    other.write_bytes(key.read_bytes()[:10])
    damaged = run_cli(
        "key", "create", "acme", "--kek", str(other), "--json", environment=settings_of(config)
    )
    assert damaged.returncode == 1
    assert str(other) in damaged.stderr


def test_what_is_no_file_is_said_to_be_none(config: Config, tmp_path: Path) -> None:
    """A directory, or a file in none: wrong usage, and nothing is made."""
    for wrong, said in ((tmp_path, "is a directory"), (tmp_path / "no" / "kek", "no directory")):
        done = run_cli("keys", "show", "--kek", str(wrong), environment=settings_of(config))
        assert done.returncode != 0
        assert said in done.stderr
    assert not (tmp_path / "no").exists()
