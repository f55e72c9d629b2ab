"""What the registry holds of a connector: where it lives, or the file that describes it.

Modules are imported when a connector is first used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from connectors.contract import Capabilities, Connector
from connectors.settings import Setting, SettingsError, describe, load_settings, say_names

if TYPE_CHECKING:
    from connectors.generic.parts import Compiled
    from connectors.generic.writing import Settings
    from connectors.simulation.platform import Platform

EXAMPLE: Final = "lanyun.toml"  # what its simulator plays if it is given no file
PROTOCOL: Final = "protocol"  # the setting of `generic` that holds its file


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

    def create(self, base_url: str, values: Mapping[str, str]) -> Connector:
        """The connector; raises `SettingsError`."""
        made: Connector = self._load("connector", self.connector)(
            base_url=base_url, settings=load_settings(self._settings_type(), values)
        )
        return made

    def capabilities(self, product_id: str) -> Capabilities:
        """What it can do with one product."""
        found: Capabilities = (
            self._load("connector", "CAPABILITIES")
            if self.by_product is None
            else self._load(*self.by_product.split(":"))(product_id)
        )
        return found

    def create_simulator(self, values: Mapping[str, str]) -> "Platform":
        """The simulated platform; raises `SettingsError`."""
        platform_type: Any = self._load("simulator", self.simulator)
        settings_type = platform_type.SETTINGS or self._settings_type()
        platform: Platform = platform_type(
            load_settings(settings_type, {**platform_type.DEFAULTS, **values})
        )
        return platform

    def settings_of(self, values: Mapping[str, str]) -> tuple[Setting, ...]:  # noqa: ARG002
        """The settings it takes."""
        return describe(self._settings_type())

    def simulator_defaults(self, values: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG002
        """The simulator's keys."""
        defaults: Mapping[str, str] = self._load("simulator", self.simulator).DEFAULTS
        return defaults

    def _settings_type(self) -> type[Any]:
        found: type[Any] = self._load("wire", self.settings)
        return found

    def _load(self, module: str, attribute: str) -> Any:
        """A part of the connector; raises `SettingsError` if it is not there, which is a mistake of
        a package from outside: the table's own are tested.
        """
        try:
            return getattr(import_module(f"{self.package}.{module}"), attribute)
        except (Exception, SystemExit) as error:  # noqa: BLE001  foreign code: anything may come
            why = f"{type(error).__name__}: {error}"
        raise SettingsError(f"{self.package}.{module}:{attribute} cannot be loaded: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A connector that is a protocol file of `connectors/generic`; without one, of whoever adds
    an upstream: then `protocol` is a setting. `defaults` are the simulator's keys, `demo_NAME` for
    those that are not in it.
    """

    name: str
    file: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)

    def create(self, base_url: str, values: Mapping[str, str]) -> Connector:
        """The connector; raises `SettingsError`."""
        from connectors.generic.connector import Generic

        made: Connector = Generic(base_url=base_url, settings=self._read(values), name=self.name)
        return made

    def capabilities(self, product_id: str) -> Capabilities:  # noqa: ARG002
        """What the file allows; a file that is not known yet may allow anything."""
        from connectors.generic.capabilities import ANY_FILE, capabilities_of

        return ANY_FILE if self.file is None else capabilities_of(self._protocol({}))

    def create_simulator(self, values: Mapping[str, str]) -> "Platform":
        """The platform that the same file describes; raises `SettingsError`."""
        from connectors.generic.simulator import GenericPlatform

        defaults = self._defaults(values.get(PROTOCOL))
        return GenericPlatform(self._read({**defaults, **values}), defaults)

    def settings_of(self, values: Mapping[str, str]) -> tuple[Setting, ...]:
        """The settings it takes; `generic` takes those of the file in `values`, too."""
        own = () if self.file else (_setting(PROTOCOL, secret=False),)
        if self.file is None and PROTOCOL not in values:
            return own
        protocol = self._protocol(values)
        return own + tuple(
            _setting(name, secret=name in protocol.secret) for name in protocol.settings
        )

    def simulator_defaults(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """The simulator's keys, and the file that it plays if it is given none."""
        return self._defaults(values.get(PROTOCOL))

    def _defaults(self, text: str | None) -> dict[str, str]:
        given = {} if self.file else {PROTOCOL: text or shipped(EXAMPLE)}
        protocol = self._protocol(given)
        keys = {name: self.defaults.get(name, f"demo_{name}") for name in protocol.settings}
        return {**given, **keys}

    def _protocol(self, values: Mapping[str, str]) -> "Compiled":
        from connectors.generic.reader import read_protocol

        return read_protocol(shipped(self.file) if self.file else values[PROTOCOL])

    def _read(self, values: Mapping[str, str]) -> "Settings":
        from connectors.generic.writing import read_settings

        if self.file is None and PROTOCOL not in values:
            taken = say_names(self.settings_of({}))
            text = f"missing setting {PROTOCOL}; {taken}, and those of the file"
            raise SettingsError(text, PROTOCOL)
        return read_settings(self._protocol(values), values, self.settings_of(values))


AnyEntry: TypeAlias = Entry | Described


def _setting(name: str, *, secret: bool) -> Setting:
    return Setting(name=name, required=True, secret=secret, default=None)


@cache
def shipped(file: str) -> str:
    """A protocol file that comes with the connectors."""
    return shipped_path(file).read_text(encoding="utf-8")


def shipped_path(file: str) -> Path:
    """Where it lies, to be copied and changed."""
    return Path(str(files("connectors.generic"))) / file
