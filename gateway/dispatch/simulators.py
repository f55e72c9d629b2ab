"""What `quangate upstream connectors` and `… simulate` tell people."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.ground.command.parameters import read_settings
from gateway.ground.command.tables import listing


def as_table(found: Sequence[Mapping[str, Any]]) -> str:
    """Connectors with their settings, a line for each, what is required first."""
    rows = [
        {
            "connector": one["connector"],
            "setting": setting["name"],
            "needed": "required" if setting["required"] else "",
            "default": "(secret)" if setting["secret"] else setting["default"] or "",
        }
        for one in found
        for setting in sorted(one["settings"], key=lambda setting: not setting["required"])
    ]
    rows += [
        {"connector": one["connector"], "setting": "", "needed": f"({one['error']})", "default": ""}
        for one in found
        if "error" in one
    ]
    return listing("connectors", rows)


def adding(connector: str, url: str, given: Sequence[str]) -> str:
    """The command that adds a simulator as an upstream; what it was given stands as it was typed.

    A secret that was typed is not printed again: `NAME=…` stands for it.
    """
    from connectors import registry
    from connectors.entry import EXAMPLE, PROTOCOL, shipped_path

    typed = dict(pair.partition("=")[::2] for pair in given)
    # Of what was typed only a protocol's file says which settings there are.
    protocol = [pair for pair in given if pair.startswith(f"{PROTOCOL}=")]
    defaults = registry.simulator_settings(connector, read_settings(protocol))
    secret = {one.name for one in registry.settings_of(connector, defaults) if one.secret}
    pairs = []
    for name, default in defaults.items():
        value = typed.get(name, f"@{shipped_path(EXAMPLE)}" if name == PROTOCOL else default)
        hidden = name in typed and name in secret and not value.startswith("@")
        pairs.append(f"--set {shlex.quote(f'{name}=…' if hidden else f'{name}={value}')}")
    return (
        f"quangate upstream add {connector} --connector {connector} --base-url {url}"
        f" {' '.join(pairs)}"
    )
