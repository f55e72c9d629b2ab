"""Patroni, etcd and HAProxy: this machine's, or fetched below target/ha. Nothing is installed."""

import shutil
import subprocess
import venv
from pathlib import Path
from typing import Final

from tests.chaos.ha import tell

ROOT: Final = Path(__file__).parents[3]
PLACE: Final = ROOT / "target" / "ha"
REQUIREMENTS: Final = ROOT / "deploy" / "ha" / "requirements.txt"
# With what HAProxy is linked to, besides what every machine has.
DEBIAN: Final = {
    "etcd": ("etcd-server",),
    "haproxy": ("haproxy", "liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1"),
}


class MissingError(Exception):
    """A program cannot be had here; the text says what to do."""


def patroni() -> Path:
    """Patroni's command, in an environment of its own. Raises MissingError."""
    place = PLACE / "patroni"
    command = place / "bin" / "patroni"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    made = place / "made-with.txt"
    if made.exists() and made.read_text(encoding="utf-8") == wanted:
        return command
    tell("fetching Patroni")
    venv.create(place, with_pip=True, clear=True)
    _run(
        "Patroni", str(place / "bin" / "python"), "-m", "pip", "install", "--quiet",
        "--disable-pip-version-check", "-r", str(REQUIREMENTS),
    )  # fmt: skip
    made.write_text(wanted, encoding="utf-8")
    return command


def debian(name: str) -> tuple[Path, dict[str, str]]:
    """A program of the PATH or of Debian's, and what its environment needs. Raises MissingError."""
    if (found := shutil.which(name)) is not None:
        return Path(found), {}
    place = PLACE / name
    if not (place / "whole").exists():
        tell(f"fetching {name}")
        _unpack(name, place)
    paths = [path for path in place.rglob(name) if path.parent.name in {"bin", "sbin"}]
    libraries = ":".join(sorted({str(path.parent) for path in place.rglob("lib*.so.*")}))
    return paths[0], {"LD_LIBRARY_PATH": libraries} if libraries else {}


def _unpack(name: str, place: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise MissingError(f"{name} is not here, and without apt-get it is not fetched: install it")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    _run(name, "apt-get", "download", *DEBIAN[name], cwd=place)
    for package in place.glob("*.deb"):
        _run(name, "dpkg-deb", "-x", str(package), str(place))
        package.unlink()
    (place / "whole").touch()


def _run(what: str, *words: str, cwd: Path | None = None) -> None:
    done = subprocess.run(words, check=False, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-400:]
        raise MissingError(
            f"{what} cannot be had here ({words[0]}: {said}); install it, or run this where"
            " Debian's packages and PyPI are reached (as root: apt-get update, once)"
        )
