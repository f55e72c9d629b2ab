"""Looks at this machine for the doctor: files, limits, disk, port. Judges nothing."""

import http.client
import os
import resource
import shutil
import socket
import sys
from pathlib import Path

from gateway.ground.config import Config
from gateway.ground.http import proxy_hint
from gateway.ground.http.front import proxy_complaint
from gateway.ground.http.public_url import authority, is_wildcard
from gateway.ground.version import VERSION
from gateway.health.rules import MachineFacts

PROBE_TIMEOUT_S = 1.0


def look_around(config: Config, *, serving: bool = False) -> MachineFacts:
    """The facts of this machine for these settings; `serving`: a gateway of them looks at itself,
    and its port is not tried: that is taken by whoever asks, and an answer would wait for us.
    """
    core_version, core_error = _core()
    free = not serving and _port_is_free(config.host, config.port)
    return MachineFacts(
        python=sys.version_info[:3],
        package_version=VERSION,
        core_version=core_version,
        core_error=core_error,
        data_dir=str(config.data),
        data_dir_mode=_mode(config.data),
        data_dir_writable=os.access(_existing_parent(config.data), os.W_OK | os.X_OK),
        key_file=str(config.key_file),
        key_file_mode=_mode(config.key_file),
        disk_free_bytes=shutil.disk_usage(_existing_parent(config.data)).free,
        open_files_max=_open_files_max(),
        address=authority(config.host, config.port),
        port_free=free,
        port_answers=not serving and not free and _quangate_answers(config.host, config.port),
        port_ours=serving,
        proxy_complaint=proxy_complaint(
            config.public_url,
            config.trusted_proxies,
            proxy_protocol=config.proxy_protocol,
            seen=proxy_hint.told(config.data),
        ),
        opened_directories=_opened(config.data / "opened-directories"),
    )


def _opened(path: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return ()


def _core() -> tuple[str | None, str]:
    try:
        from gateway.ground import native
    except ImportError as error:
        return None, str(error)
    return native.__version__, ""


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode & 0o7777
    except OSError:
        return None


def _existing_parent(path: Path) -> Path:
    """The path, or the directory in which it would be made."""
    whole = path.absolute()
    return next(step for step in (whole, *whole.parents) if step.exists())


def _open_files_max() -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return hard if hard != resource.RLIM_INFINITY else 1 << 30


def _port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _quangate_answers(host: str, port: int) -> bool:
    reach = ("::1" if ":" in host else "127.0.0.1") if is_wildcard(host) else host
    connection = http.client.HTTPConnection(reach, port, timeout=PROBE_TIMEOUT_S)
    try:
        connection.request("GET", "/openapi.json")
        return b"Quangate" in connection.getresponse().read(65_536)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
