"""The cluster: three etcd, three PostgreSQL under Patroni, on loopback; all ended at the end."""

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any, Final

from gateway.ground.sql.embedded import programs as postgres
from tests.chaos.ha import programs
from tests.world.valkey import free_port

HOST: Final = "127.0.0.1"
MEMBERS: Final = 3
FILES: Final = programs.ROOT / "deploy" / "ha"
BEGIN_S: Final = 300.0
ASK_S: Final = 2.0  # one answer of one member; it is asked again
PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)


@dataclass(slots=True)
class Process:
    """A program that ends with us; `as_server`: as the user that PostgreSQL runs as."""

    words: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    as_server: bool = False
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Run it."""
        who: dict[str, Any] = {}
        if self.as_server and os.geteuid() == 0:
            who = {"user": postgres.owner(), "group": os.stat(self.log.parent).st_gid}
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.log.parent,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **self.environment},
                preexec_fn=_end_with(os.getpid()), **who,  # noqa: PLW1509  it forks from one thread
            )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL, and reap it."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.running = None


def _end_with(parent: int) -> Callable[[], None]:
    def settle() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return settle


class Member:
    """A PostgreSQL and its Patroni, in a directory of their own."""

    def __init__(self, number: int, place: Path, etcd: Sequence[str], password: str) -> None:
        self.name = f"pg-{number}"
        self.place = place / self.name
        self.port, self.rest_port = free_port(), free_port()
        self.place.mkdir()
        values = {
            "NAME": self.name, "HOST": HOST, "PORT": self.port, "REST_PORT": self.rest_port,
            "ETCD": ", ".join(f'"{one}"' for one in etcd), "DATA": self.data,
            "PROGRAMS": postgres.binaries(), "PGPASS": self.place / "pgpass",
            "PASSWORD": password, "SOCKETS": self.place, "SHARED_BUFFERS": "128MB",
            "NETWORK": "127.0.0.1/32", "WATCHDOG": "off",
        }  # fmt: skip
        settings = self.place / "patroni.yml"
        text = (FILES / "patroni.yml").read_text(encoding="utf-8")
        settings.write_text(Template(text).substitute(values), encoding="utf-8")
        for path in (self.place, settings):
            postgres.hand_over(path)
        settings.chmod(0o600)
        command = [str(programs.patroni()), str(settings)]
        self.patroni = Process(command, self.place / "patroni.log", as_server=True)

    @property
    def data(self) -> Path:
        """PostgreSQL's directory."""
        return self.place / "data"

    def kill_server(self) -> None:
        """SIGKILL to PostgreSQL, all of it at once: the processes that work in its directory."""
        for pid in _working_in(self.data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """As a machine that is gone: Patroni as well."""
        self.patroni.kill()
        self.kill_server()

    @property
    def postmaster(self) -> int:
        """PostgreSQL's first process."""
        return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])


def _working_in(directory: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.path.samefile(entry / "cwd", directory):
                found.append(int(entry.name))
    return found


class Cluster:
    """`begin` before anything, `end` in any case."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.password = secrets.token_hex(12)
        self._etcd: list[Process] = []
        self.members: list[Member] = []

    def url(self, role: str, database: str = "quangate") -> str:
        """Of all members."""
        hosts = ",".join(f"{HOST}:{member.port}" for member in self.members)
        return f"postgresql://{role}:{self.password}@{hosts}/{database}"

    def begin(self) -> None:
        """Make it; returns once there is a primary with its standbys. Raises MissingError."""
        program, _ = programs.debian("etcd")
        programs.patroni()
        postgres.make_reachable(self.place / "opened")
        self.place.chmod(0o755)
        clients = self._begin_etcd(program)
        for number in range(1, MEMBERS + 1):
            self.members.append(Member(number, self.place, clients, self.password))
        for member in self.members:
            member.patroni.start()
        self.until_whole()

    def _begin_etcd(self, program: Path) -> list[str]:
        ports = [(f"etcd-{n}", free_port(), free_port()) for n in range(1, MEMBERS + 1)]
        peers = ",".join(f"{name}=http://{HOST}:{peer}" for name, _, peer in ports)
        for name, client, peer in ports:
            place = self.place / name
            place.mkdir()
            words = [
                str(program), f"--name={name}", f"--data-dir={place / 'data'}",
                f"--listen-client-urls=http://{HOST}:{client}",
                f"--advertise-client-urls=http://{HOST}:{client}",
                f"--listen-peer-urls=http://{HOST}:{peer}",
                f"--initial-advertise-peer-urls=http://{HOST}:{peer}",
                f"--initial-cluster={peers}", "--initial-cluster-state=new",
                # One disk and two cores for everything: leaders are not given up so soon.
                "--heartbeat-interval=300", "--election-timeout=3000",
            ]  # fmt: skip
            self._etcd.append(Process(words, place / "etcd.log"))
            self._etcd[-1].start()
        return [f"{HOST}:{client}" for _, client, _ in ports]

    def primary(self) -> Member | None:
        """Who is it now, by what the members say of themselves."""
        for member in self.members:
            if _asked(member, "/primary") is not None:
                return member
        return None

    def until_whole(self) -> Member:
        """Wait until there is a primary and all others follow it; the primary."""
        deadline = time.monotonic() + BEGIN_S
        while time.monotonic() < deadline:
            primary = self.primary()
            told = None if primary is None else _asked(primary, "/cluster")
            if primary is not None and told is not None and _is_whole(told):
                return primary
            time.sleep(0.3)
        raise AssertionError(f"the cluster is not whole after {BEGIN_S:.0f} s: {self.said()}")

    def said(self) -> str:
        """The end of what each Patroni said."""
        logs = [member.place / "patroni.log" for member in self.members]
        return "\n".join(log.read_text(errors="replace")[-1500:] for log in logs if log.exists())

    def end(self) -> None:
        """Nothing of it is left running, nor on disk."""
        for member in self.members:
            member.kill()
        for process in self._etcd:
            process.kill()
        shutil.rmtree(self.place, ignore_errors=True)


def _asked(member: Member, path: str) -> Any:
    try:
        with urllib.request.urlopen(
            f"http://{HOST}:{member.rest_port}{path}", timeout=ASK_S
        ) as answer:
            return json.load(answer)
    except (OSError, urllib.error.URLError, ValueError):
        return None


def _is_whole(told: Any) -> bool:
    roles = [one["role"] for one in told["members"]]
    states = [one["state"] for one in told["members"]]
    follow = sum(role in {"quorum_standby", "sync_standby"} for role in roles)
    return (
        len(roles) == MEMBERS
        and roles.count("leader") == 1
        and follow == MEMBERS - 1
        and states.count("streaming") == MEMBERS - 1
    )
