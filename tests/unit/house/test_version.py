"""The program's version stands in two files, and its package is not the partners' client."""

import tomllib
from pathlib import Path

from gateway.ground.version import VERSION

ROOT = Path(__file__).parents[3]


def test_the_version_is_said_alike() -> None:
    """By the program, which may run where it is not installed, and by what is built of it."""
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert built["version"] == VERSION


def test_the_client_can_be_installed_beside_the_gateway() -> None:
    """Two distributions, `quangate-gateway` and `quangate`; the command is `quangate`."""
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    client = ROOT / "connectors/sdk/python/pyproject.toml"
    assert built["name"] == "quangate-gateway"
    assert "quangate" in built["scripts"]
    assert tomllib.loads(client.read_text("utf-8"))["project"]["name"] == "quangate"
