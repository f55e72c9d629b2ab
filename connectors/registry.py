"""The connectors there are, by name: those of the table, and those that other distributions bring
by an entry point of the group `quangate.connectors`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connectors import outside
from connectors.contract import Capabilities, Connector
from connectors.entry import AnyEntry, Described, Entry
from connectors.settings import Setting, SettingsError, say_names

if TYPE_CHECKING:
    from connectors.simulation.platform import Platform

BUILT_IN: Final = "built-in"
# A new connector is one more row; connectors/README.md tells the rest.
CONNECTORS: Final[Mapping[str, AnyEntry]] = {
    "fulu": Entry(
        package="connectors.fulu",
        connector="Fulu",
        simulator="FuluPlatform",
        settings="FuluSettings",
        by_product="connector:capabilities_of",
    ),
    "kasushou": Entry(
        package="connectors.kasushou",
        connector="Kasushou",
        simulator="KasushouPlatform",
        settings="KasushouSettings",
    ),
    "dayuanren": Entry(
        package="connectors.dayuanren",
        connector="Dayuanren",
        simulator="DayuanrenPlatform",
        settings="DayuanrenSettings",
    ),
    "dtone": Entry(
        package="connectors.dtone",
        connector="Dtone",
        simulator="DtonePlatform",
        settings="DtoneSettings",
    ),
    "reloadly": Entry(
        package="connectors.reloadly",
        connector="Reloadly",
        simulator="ReloadlyPlatform",
        settings="ReloadlySettings",
        by_product="capabilities:capabilities_of",
    ),
    "dingconnect": Entry(
        package="connectors.dingconnect",
        connector="Dingconnect",
        simulator="DingconnectPlatform",
        settings="DingconnectSettings",
    ),
    "dujiao": Entry(
        package="connectors.dujiao",
        connector="Dujiao",
        simulator="DujiaoPlatform",
        settings="DujiaoSettings",
    ),
    # These are what their file says (R76).
    "kakayun": Described(
        name="kakayun", file="kakayun.toml", defaults={"userid": "10052", "key": "demo_key"}
    ),
    "xingquanyi": Described(
        name="xingquanyi",
        file="xingquanyi.toml",
        defaults={"customer_id": "10000", "key": "demo_key"},
    ),
    "fengzhushou": Described(
        name="fengzhushou",
        file="fengzhushou.toml",
        defaults={"project_code": "demo_project", "sign_key": "demo_key"},
    ),
    "generic": Described(name="generic"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A connector as it is listed. `source`: `built-in`, or the distribution that brings it;
    `error`: why one from outside cannot be had.
    """

    connector: str
    source: str
    settings: tuple[Setting, ...] = ()
    error: str | None = None


def listing() -> list[Listed]:
    """All connectors there are, with those that fail to load; one of them breaks no other."""
    found = [
        Listed(connector=name, source=BUILT_IN, settings=settings_of(name)) for name in CONNECTORS
    ]
    return found + [_from_outside(name, one.source) for name, one in outside.found().items()]


def _from_outside(name: str, source: str) -> Listed:
    if name in CONNECTORS:
        return Listed(connector=name, source=source, error="the name is a built-in connector's")
    try:
        return Listed(connector=name, source=source, settings=settings_of(name))
    except SettingsError as error:
        return Listed(connector=name, source=source, error=str(error))


def names() -> tuple[str, ...]:
    """All connector names: those of the table in its order, then those from outside."""
    return (*CONNECTORS, *(name for name in outside.found() if name not in CONNECTORS))


def create(name: str, base_url: str, settings: Mapping[str, str]) -> Connector:
    """Build a connector; raises `SettingsError` that lists what is valid."""
    return entry(name).create(base_url.rstrip("/"), settings)


def product_capabilities(name: str, product_id: str) -> Capabilities:
    """What a connector can do with one product; raises `SettingsError`."""
    return entry(name).capabilities(product_id)


def create_simulator(name: str, settings: Mapping[str, str]) -> "Platform":
    """Build the simulated platform; every setting has the default of the golden vectors."""
    return entry(name).create_simulator(settings)


def settings_help(name: str) -> str:
    """Say which settings a connector takes."""
    return say_names(settings_of(name))


def settings_of(name: str, values: Mapping[str, str] | None = None) -> tuple[Setting, ...]:
    """The settings of a connector, one by one; raises `SettingsError`. Some depend on the `values`
    of others: those of `generic` on its file.
    """
    return entry(name).settings_of(values or {})


def simulator_settings(name: str, values: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """What a connector must be given to talk to its simulator as that is by default; `values` are
    settings that others depend on.
    """
    defaults = entry(name).simulator_defaults(values or {})
    known = {setting.name for setting in settings_of(name, defaults)}
    return {key: value for key, value in defaults.items() if key in known}


def entry(name: str) -> AnyEntry:
    """Look a connector up; raises `SettingsError` that lists the names there are, or says why one
    from outside cannot be loaded.
    """
    if name in CONNECTORS:
        return CONNECTORS[name]
    if name in outside.found():
        return outside.load(name)
    raise SettingsError(f"unknown connector {name!r}; there are {', '.join(names())}")
