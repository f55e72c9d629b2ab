"""The README's first commands and the runbook's, pasted in order into an empty directory."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway import command_line as root

ROOT = Path(__file__).parents[3]
DEADLINE_S = 300.0


@dataclass(slots=True)
class Shell:
    """A directory somebody works in, and what they left running there."""

    directory: Path
    environment: Mapping[str, str]
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def type(self, line: str) -> str:
        """Run a line as bash does; what it prints. A line that ends in & goes on running."""
        if re.search(r"&\s*(#.*)?$", line):
            words = shlex.split(line.split("&", maxsplit=1)[0])
            with (self.directory / f"background-{len(self.running)}.log").open("wb") as log:
                process = subprocess.Popen(
                    words, cwd=self.directory, env=self.environment, stdout=log, stderr=log
                )
            self.running.append(process)
            return ""
        done = subprocess.run(
            ["bash", "-c", line], check=False, cwd=self.directory, env=self.environment,
            capture_output=True, text=True, timeout=DEADLINE_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def run_until(self, line: str, says: str) -> None:
        """Run what runs on until it says so, and end it as a service manager does."""
        log = self.directory / "until.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                shlex.split(line), cwd=self.directory, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + DEADLINE_S
        while says not in log.read_text(encoding="utf-8"):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        process.terminate()
        assert process.wait(DEADLINE_S) == 0, log.read_text(encoding="utf-8")

    def json(self, line: str) -> Any:
        """The answer of a command."""
        return json.loads(self.type(f"{line} --json").splitlines()[-1])


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """An empty directory, with the installed command in the PATH and no setting but the port."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "QUANGATE_PORT": str(free_port()),
        "QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8",
        **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
    }
    opened = Shell(tmp_path_factory.mktemp("first"), environment)
    yield opened
    for process in reversed(opened.running):
        process.terminate()
        process.wait(DEADLINE_S)


def blocks(document: Path, heading: str) -> list[str]:
    """The lines of commands below a heading, block after block."""
    text = document.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [
        line
        for block in re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]


@pytest.fixture(scope="module")
def said(shell: Shell) -> Mapping[str, str]:
    """What each line of the README's two minutes printed."""
    simulator = str(free_port())
    answers = {}
    for line in blocks(ROOT / "README.md", "In two minutes"):
        if line == ". .venv/bin/activate":
            continue  # it is in the PATH
        answers[line.split("#")[0].strip()] = shell.type(line.replace("9001", simulator))
    return answers


def line_of(said: Mapping[str, str], part: str) -> str:
    """What the one line with this in it printed."""
    (found,) = [text for line, text in said.items() if part in line]
    return found


def test_the_first_order_of_the_readme(shell: Shell, said: Mapping[str, str]) -> None:
    """It ends with an opened code; the same number again gives the same one."""
    placed = line_of(said, "--out-no A1")
    assert re.search(r"^state +delivered$", placed, re.MULTILINE)
    (code,) = re.findall(r"\b(AE-000\d-\w{4}|VIP(?:-[A-Z0-9]{4}){2})\b", placed)
    again = shell.json("quangate order place --as acme --sku VIP-MONTH --out-no A1")
    assert [one["code"] for one in again["codes"]] == [code]
    assert "jwe" not in json.dumps(again)
    labels = [key["label"] for key in shell.json("quangate key list acme")["keys"]]
    assert sorted(labels, key=str) == [None, "cli"]  # one of its own, made once
    assert json.loads(line_of(said, "/v1/account"))["balance"] == 100_000_000 - 1990


def test_the_top_up_of_the_readme(shell: Shell, said: Mapping[str, str]) -> None:
    """It ends delivered; and the simulator had printed the very line that adds it."""
    deadline = time.monotonic() + DEADLINE_S
    while "delivered" not in _states(shell)[:1]:
        assert time.monotonic() < deadline, _states(shell)
        time.sleep(0.2)
    (adding,) = [line for line in said if line.startswith("quangate upstream add")]
    printed = (shell.directory / "background-1.log").read_text(encoding="utf-8")
    port = re.search(r"listening on http://127\.0\.0\.1:(\d+)", printed)
    assert port is not None
    assert f"to buy there: {adding.replace('9001', port[1])}" in printed


def _states(shell: Shell) -> list[str]:
    return [order["state"] for order in shell.json("quangate order list --partner acme")["orders"]]


def test_a_refused_order_says_the_problems_code(shell: Shell, said: Mapping[str, str]) -> None:
    """Exit 1 and the API's own code; nothing is left behind."""
    assert said
    done = subprocess.run(
        ["quangate", "order", "place", "--as", "acme", "--sku", "NONE", "--out-no", "X", "--json"],
        check=False, cwd=shell.directory, env=shell.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, "unknown-sku")


def test_the_script_for_curl_sends_the_same(shell: Shell, said: Mapping[str, str]) -> None:
    """It needs only curl and openssl, and has the secret from its environment alone."""
    assert said
    key = json.loads((shell.directory / "acme-key.json").read_text(encoding="utf-8"))
    shell.type(
        """printf '{"out_order_no":"C1","sku":"VIP-MONTH","metadata":{"k":"它'"'"'s $x"}}' > b"""
    )
    script = shell.type("quangate call POST /v1/orders --body b --key acme-key.json --curl")
    assert key["secret"] not in script
    assert key["secret"].removeprefix("qs_") not in script
    (shell.directory / "order.sh").write_text(script, encoding="utf-8")
    sent = json.loads(shell.type(f"QUANGATE_SECRET={key['secret']} sh order.sh"))
    assert (sent["state"], sent["metadata"]) == ("delivered", {"k": "它's $x"})
    again = json.loads(shell.type("quangate call POST /v1/orders --body b --key acme-key.json"))
    assert again["order_no"] == sent["order_no"]


# What is said no to in this shop: the platform of the README lists nothing, a file is asked for;
# nobody has copied any anchors.
REFUSALS = {
    "quangate reconcile UPSTREAM DATE": "no-statement",
    "quangate audit --anchors COPY": "no-anchors",
    "quangate keys rotate --resume --keys-of THAT_FILE": "vault",  # no other shop's file is here
    "quangate campaign show NAME": "not-found",
    "quangate campaign end NAME": "not-found",
    "quangate shelf move POOL main NAME COUNT": "usage",
    "quangate backup follow": "usage",  # it is named there, no more
    # Nothing waits for a second person here, and nobody but the shell works.
    "quangate alert acknowledge ID": "not-found",
    "quangate approval approve ID --reason …": "not-found",
    "quangate operator create NAME --role …": "not-found",
    "quangate operator disable NAME": "not-found",
    "quangate operator unfreeze NAME --reason …": "not-found",
    "quangate order resolve ORDER_NO --as … --reason …": "invalid-argument",
}
# What runs until it is ended, and what it says once it does what it is for.
RUN_ON = {"quangate backup follow TO --synchronous": "following"}


def test_the_commands_of_the_runbook(shell: Shell, said: Mapping[str, str]) -> None:
    """Each, in order, with the names of this shop: done, or refused in words it knows."""
    assert said
    text = (ROOT / "deploy/runbook.md").read_text(encoding="utf-8")
    commands = list(dict.fromkeys(re.findall(r"`(quangate [^`]*)`", text)))
    shell.type("quangate webhook set acme http://127.0.0.1:9/hook")
    shell.json("quangate order place --as acme --sku VIP-MONTH --out-no R1")
    failed = {}
    for command in commands:
        if not _is_whole(command):
            continue
        line = _with_names(shell, command)
        if command in RUN_ON:
            shell.run_until(line, RUN_ON[command])
            continue
        done = subprocess.run(
            ["bash", "-c", f"{line} --json"], check=False, cwd=shell.directory,
            env=shell.environment, capture_output=True, text=True, timeout=DEADLINE_S,
        )  # fmt: skip
        answer = json.loads(done.stdout.splitlines()[-1])
        if done.returncode != 0:
            failed[command] = answer.get("error", {}).get("code")
        if "off-sale" in command:  # or nothing could be ordered further down
            shell.type("quangate sku on-sale VIP-MONTH")
    # A placeholder that `_with_names` does not know shows here, as what is not found.
    assert failed == REFUSALS


def _is_whole(command: str) -> bool:
    """Whether a command stands there with all it needs, and is not just named."""
    words = command.split()[1:]
    found = root.load_room(words[0])
    if hasattr(found, "commands"):
        found = found.commands[words[1]]
        words = words[1:]
    needed = [p for p in found.params if p.required]
    return len(words) - 1 >= len(needed)


def _with_names(shell: Shell, command: str) -> str:
    room = command.split()[1]
    name = {"codes": "vip", "upstream": "fulu"}.get(room, "acme")
    values = {
        "ORDER_NO": lambda: shell.json("quangate order list")["orders"][0]["order_no"],
        "KEY_ID": lambda: shell.json("quangate key list acme")["keys"][0]["key_id"],
        "PARTNER": lambda: "acme",
        "NAME": lambda: name,
        "POOL": lambda: "vip",
        "SKU": lambda: "MOBILE-50" if "account-rule" in command else "VIP-MONTH",
        "RULE": lambda: "cn-mobile",
        "UPSTREAM": lambda: "fulu",
        "DATE": lambda: time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400)),
        "URL": lambda: "http://127.0.0.1:9/hook",
        "ID": lambda: (
            {"alert": 999, "approval": 999}.get(room)
            or shell.json("quangate webhook list")["webhooks"][0]["webhook_id"]
        ),
        "N": lambda: shell.json("quangate codes batches --pool vip")["batches"][0]["batch"],
        "…": lambda: "tried",
    }
    return " ".join(str(values[word]()) if word in values else word for word in command.split())
