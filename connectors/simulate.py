"""`python -m connectors.simulate CONNECTOR --port P`: a simulator without the gateway."""

import argparse
import contextlib
import json
import sys
from pathlib import Path

import uvloop

from connectors import registry
from connectors.settings import SettingsError
from connectors.simulation import run
from connectors.simulation.behaviour import ScriptError


def read_pairs(pairs: list[str]) -> dict[str, str]:
    """`name=value` or `name=@FILE` pairs; raises `SettingsError` for anything else."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(f"--set {name}: write name=value")
        settings[name] = Path(value[1:]).read_text().strip() if value.startswith("@") else value
    return settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; exit code 1 for a wrong setting or script."""
    parser = argparse.ArgumentParser(prog="python -m connectors.simulate", description=__doc__)
    parser.add_argument("connector", choices=registry.names())
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--callback-url")
    parser.add_argument("--script", type=Path)
    options = parser.parse_args(arguments)
    try:
        script = json.loads(options.script.read_text()) if options.script else None
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(
                run(
                    options.connector,
                    options.host,
                    options.port,
                    settings=read_pairs(options.set),
                    callback_url=options.callback_url,
                    script=script,
                    started=lambda url: _say(f"listening on {url}"),
                )
            )
    except (SettingsError, ScriptError, OSError, ValueError) as error:
        _say(f"{type(error).__name__}: {error}")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
