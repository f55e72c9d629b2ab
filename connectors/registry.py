"""The connectors there are, by name. Modules are imported when a connector is first used."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from connectors.contract import Capabilities, Connector
from connectors.settings import Setting, SettingsError, describe, load_settings, valid_names

if TYPE_CHECKING:
    from connectors.simulation.platform import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a connector lives: `<package>.connector:<connector>`, `<package>.simulator:<simulator>`
    and its settings type `<package>.wire:<settings>`. `<package>.connector:CAPABILITIES` holds for
    all of its products, unless a function `<package>.<by_product>` (module:name) tells them apart.
    """

    package: str
    connector: str
    simulator: str
    settings: str
    by_product: str | None = None


# A new connector is one more row; connectors/README.md tells the rest.
CONNECTORS: Final[Mapping[str, Entry]] = {
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
}


def names() -> tuple[str, ...]:
    """All connector names, in the order of the table."""
    return tuple(CONNECTORS)


def create(name: str, base_url: str, settings: Mapping[str, str]) -> Connector:
    """Build a connector; raises `SettingsError` that lists what is valid."""
    settings_type = _load(name, "wire", entry(name).settings)
    connector: Connector = _load(name, "connector", entry(name).connector)(
        base_url=base_url.rstrip("/"), settings=load_settings(settings_type, settings)
    )
    return connector


def product_capabilities(name: str, product_id: str) -> Capabilities:
    """What a connector can do with one product; raises `SettingsError`."""
    by_product = entry(name).by_product
    capabilities: Capabilities = (
        _load(name, "connector", "CAPABILITIES")
        if by_product is None
        else _load(name, *by_product.split(":"))(product_id)
    )
    return capabilities


def create_simulator(name: str, settings: Mapping[str, str]) -> "Platform":
    """Build the simulated platform; every setting has the default of the golden vectors."""
    platform_type: Any = _load(name, "simulator", entry(name).simulator)
    settings_type = platform_type.SETTINGS or _load(name, "wire", entry(name).settings)
    platform: Platform = platform_type(
        load_settings(settings_type, {**platform_type.DEFAULTS, **settings})
    )
    return platform


def settings_help(name: str) -> str:
    """Say which settings a connector takes."""
    return valid_names(_load(name, "wire", entry(name).settings))


def settings_of(name: str) -> tuple[Setting, ...]:
    """The settings of a connector, one by one; raises `SettingsError`."""
    return describe(_load(name, "wire", entry(name).settings))


def simulator_settings(name: str) -> Mapping[str, str]:
    """What a connector must be given to talk to its simulator as that is by default."""
    defaults = _load(name, "simulator", entry(name).simulator).DEFAULTS
    names = {setting.name for setting in settings_of(name)}
    return {key: value for key, value in defaults.items() if key in names}


def entry(name: str) -> Entry:
    """Look a connector up; raises `SettingsError` that lists the names there are."""
    try:
        return CONNECTORS[name]
    except KeyError:
        raise SettingsError(f"unknown connector {name!r}; there are {', '.join(names())}") from None


def _load(name: str, module: str, attribute: str) -> Any:
    return getattr(import_module(f"{entry(name).package}.{module}"), attribute)
