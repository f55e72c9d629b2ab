"""Settings: a flag, else the environment, else the file, else the default; mistakes are named."""

import ipaddress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.anchor_store import anchor_directory
from gateway.ground.config import (
    MAY_BE_EMPTY,
    UNSET_WHEN_EMPTY,
    Config,
    as_environment,
    load_config,
    unknown_variables,
)
from gateway.ground.errors import ConfigError


def load(
    flags: dict[str, Any] | None = None,
    environment: dict[str, str] | None = None,
    file: Path | None = None,
) -> Config:
    """`load_config` with nothing else given."""
    return load_config(flags=flags or {}, environment=environment or {}, file=file)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A config file that says port 3."""
    path = tmp_path / "quangate.toml"
    path.write_text("port = 3\n")
    return path


def test_the_order_of_precedence(file: Path) -> None:
    """Flag before environment before file before default."""
    environment = {"QUANGATE_PORT": "2"}
    assert load({"port": 1}, environment, file).port == 1
    assert load({"port": None}, environment, file).port == 2
    assert load(None, None, file).port == 3
    assert load().port == 8080


def test_the_file_may_be_named_in_the_environment(file: Path) -> None:
    """QUANGATE_CONFIG names the file; a flag names another one."""
    assert load(environment={"QUANGATE_CONFIG": str(file)}).port == 3


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"QUANGATE_PORT": "http"}, "QUANGATE_PORT"),  # no number
        ({"QUANGATE_PORT": "65536"}, "between 0 and 65535"),  # no port
        ({"QUANGATE_LOG_LEVEL": "loud"}, "debug, info, warning, error"),
        ({"QUANGATE_LOG_JSON": "perhaps"}, "neither true nor false"),
        ({"QUANGATE_METRICS_ALLOW": "10.0.0.0/33"}, "QUANGATE_METRICS_ALLOW"),
        ({"QUANGATE_TRUSTED_PROXIES": "10.0.0.0/33"}, "QUANGATE_TRUSTED_PROXIES"),
        ({"QUANGATE_TRUSTED_PROXIES": "10.0.0.0/8,proxy"}, "QUANGATE_TRUSTED_PROXIES"),
        ({"QUANGATE_TRUSTED_PROXIES": "10.0.0.1/8"}, "host bits set"),  # is it 10.0.0.1, or all?
        ({"QUANGATE_DATABSE_URL": "x"}, "did you mean database_url?"),  # misspelt
        ({"QUANGATE_PROT": "1"}, "did you mean port?"),  # two letters swapped
        ({"QUANGATE_HOTS": "x"}, "did you mean host?"),
        ({"QUANGATE_PORTT": "1"}, "did you mean port?"),  # one too many
        ({"QUANGATE_DTA": "x"}, "did you mean data?"),  # one too few
        ({"QUANGATE_HUST": "x"}, "did you mean host?"),  # a wrong one
        ({"QUANGATE_WORKER": "2"}, "did you mean workers?"),
        ({"QUANGATE_DATABASE": "x"}, "did you mean database_url?"),  # a word left out
        ({"QUANGATE_URL_DATABASE": "x"}, "did you mean database_url?"),  # words swapped
        ({"QUANGATE_CONFG": "x"}, "did you mean config?"),
        ({"QUANGATE_CONFIG": "/nowhere/at/all"}, "does not exist"),
    ],
)
def test_a_wrong_environment_stops_the_start(environment: dict[str, str], words: str) -> None:
    """The error names the variable and what would be right."""
    with pytest.raises(ConfigError, match=words.replace("?", r"\?")):
        load(environment=environment)


def test_variables_of_others_are_left_alone() -> None:
    """Kubernetes injects QUANGATE_SERVICE_HOST for a service called quangate: no reason to stop."""
    environment = {"QUANGATE_SERVICE_HOST": "10.0.0.1", "QUANGATE_PORT_8080_TCP": "tcp://…"}
    assert load(environment=environment) == Config()
    assert unknown_variables(environment) == sorted(environment)  # to be named in a warning


def test_only_what_means_nothing_is_named() -> None:
    """Settings, our own variables and those of a partner's programs are no surprise."""
    known = [*as_environment(Config()), "QUANGATE_CONFIG", "QUANGATE_SECRET", "QUANGATE_URL"]
    assert unknown_variables(dict.fromkeys([*known, "PATH"], "x")) == []
    assert unknown_variables({"QUANGATE_COLOUR": "red"}) == ["QUANGATE_COLOUR"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ports = 3", "did you mean port?"),  # misspelt
        ("colour = 3", "unknown setting 'colour'"),  # no such setting: always an error in a file
        ("port = ", "config file"),  # no TOML
        ("port = [1]", "port: .*whole number"),  # a list where a number belongs
        ("port = true", "port: .*whole number"),
        ("port = 8080.0", "port: .*whole number"),
        ('port = "8_080"', "port: .*whole number"),
        ('data = ""', "data is empty"),
        ('database_url = ""', "database_url is empty"),
        ('public_url = ""', "public_url is empty"),
        ('trusted_proxies = [""]', "trusted_proxies: "),
    ],
)
def test_a_wrong_file_stops_the_start(tmp_path: Path, text: str, words: str) -> None:
    """The error names the file."""
    path = tmp_path / "quangate.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words.replace("?", r"\?")) as caught:
        load(file=path)
    assert "quangate.toml" in str(caught.value)


def test_networks_are_read_from_text_and_lists(tmp_path: Path) -> None:
    """A comma-separated variable and a TOML list give the same networks; single hosts too."""
    path = tmp_path / "quangate.toml"
    path.write_text('webhook_allow = ["10.0.0.0/8", "::1"]')
    from_text = load(environment={"QUANGATE_WEBHOOK_ALLOW": "10.0.0.0/8, ::1"})
    assert from_text.webhook_allow == load(file=path).webhook_allow
    assert [str(n) for n in from_text.webhook_allow] == ["10.0.0.0/8", "::1/128"]


@pytest.mark.parametrize("name", sorted(UNSET_WHEN_EMPTY))
def test_an_empty_variable_of_an_address_is_none(name: str) -> None:
    """`QUANGATE_DATABASE_URL=` in a compose file means: not set."""
    assert load(environment={f"QUANGATE_{name.upper()}": ""}) == Config()


SETTINGS = [field.name for field in fields(Config)]


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in MAY_BE_EMPTY])
def test_an_empty_value_is_none(name: str) -> None:
    """A script's unset variable is not the default: `--data ''` must not make a shop here."""
    flag = "--" + name.replace("_", "-")
    with pytest.raises(ConfigError, match=f"^{flag} is empty"):
        load({name: ""})
    if name not in UNSET_WHEN_EMPTY:
        with pytest.raises(ConfigError, match=f"^QUANGATE_{name.upper()} is empty"):
            load(environment={f"QUANGATE_{name.upper()}": ""})


NUMBERS = [field.name for field in fields(Config) if isinstance(field.default, int)
           and not isinstance(field.default, bool)]  # fmt: skip


@pytest.mark.parametrize("text", ["1_0", " 10", "10 ", "1e1", "１０", "+10", "0x10", "-0", "010"])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_plain_digits(name: str, text: str) -> None:
    """What Python's `int` takes beyond that is a slip, and named."""
    with pytest.raises(ConfigError, match="whole number"):
        load(environment={f"QUANGATE_{name.upper()}": text})


@pytest.mark.parametrize(
    "url",
    [
        "ftp://gate.example", "gate.example", "https:gate.example", "https://", "https://:443",
        "https://u:secret@gate.example", "https://@gate.example", "https://gate.example/?a=secret",
        "https://gate.example?", "https://gate.example/#secret", "https://gate.example ",
        " https://gate.example", "https://gate example", "https://gate.example\n",
        "https://gate.example:0", "https://gate.example:65536", "https://gate.example:http",
        "https://güte.example", "https://gate.example\\x", "https://[fe80::1%25eth0]/",
        "https://[::1", "https://gate%2eexample",
    ],
)  # fmt: skip
def test_a_public_url_that_nobody_can_call(url: str) -> None:
    """Refused with a sentence that repeats nothing of it."""
    with pytest.raises(ConfigError, match=r"^--public-url: (must|is not an address)") as caught:
        load({"public_url": url})
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"^QUANGATE_PUBLIC_URL: "):
        load(environment={"QUANGATE_PUBLIC_URL": url})


def test_public_urls_that_can_be_called() -> None:
    """With a port, a path, an address of IPv6; without a slash at the end."""
    for url in ("https://gate.example", "http://g_1:8080/q/r", "http://[2001:db8::1]:8080"):
        assert load({"public_url": url}).public_url == url
        assert load({"public_url": url + "/"}).public_url == url


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    """It, or what it would be made in, is named."""
    file = tmp_path / "file"
    file.touch()
    for path in (file, file / "below"):
        with pytest.raises(ConfigError, match=f"^{file} is no directory"):
            load({"data": str(path)})
    assert load({"data": str(tmp_path / "new" / "below")}).data == tmp_path / "new" / "below"


def test_blanks_around_a_database_url() -> None:
    """Named without the password in it."""
    for name in ("database_url", "owner_url"):
        with pytest.raises(ConfigError, match="blanks") as caught:
            load({name: "postgresql://q:secret@db/quangate "})
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        Config(),  # what is not set stays unset
        Config(
            data=Path("/srv/quangate"),
            database_url="postgresql://q@db/quangate",
            port=0,
            workers=4,
            public_url="https://gate.example",
            metrics_allow=(ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")),
            allow_unsafe_database=True,
            drain_s=3,
            log_json=True,
        ),  # every kind of value
    ],
)
def test_workers_get_every_setting(config: Config) -> None:
    """A supervisor's workers run with its settings, wherever these came from."""
    assert load(environment=as_environment(config)) == config


def test_trusted_proxies_are_given_one_by_one_or_in_one_text() -> None:
    """`--trusted-proxy` is repeated, the variable has commas; a wrong one names the flag."""
    networks = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::1/128"))
    assert load({"trusted_proxies": ["10.0.0.0/8", "fd00::1"]}).trusted_proxies == networks
    text = {"QUANGATE_TRUSTED_PROXIES": "10.0.0.0/8, fd00::1"}
    assert load(environment=text).trusted_proxies == networks
    assert load().trusted_proxies == ()
    with pytest.raises(ConfigError, match=r"^--trusted-proxy: "):
        load({"trusted_proxies": ["10.0.0.0/8", "nonsense"]})


@pytest.mark.parametrize(
    ("text", "where"),
    [("", "d/anchors"), ("on", "d/anchors"), ("off", None), ("false", None), ("/a/b", "/a/b")],
)
def test_anchors_are_off_only_by_saying_so(text: str, where: str | None) -> None:
    """A yes or no is no directory's name; what workers are handed says the same."""
    for environment in (
        {"QUANGATE_ANCHORS": text, "QUANGATE_DATA": "d"},
        as_environment(
            load_config(
                flags={"anchors": text or None, "data": Path("d")}, environment={}, file=None
            )
        ),
    ):
        config = load_config(flags={}, environment=environment, file=None)
        assert anchor_directory(config) == (Path(where) if where else None)
