"""The command line as a client, its help, and what it says of platforms and variables."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup

from connectors import registry
from gateway import command_line as root
from gateway.demo.commands import what_next
from gateway.dispatch import simulators
from gateway.ground.config import Config
from gateway.ground.errors import RefusedError
from gateway.partners import signed_client as signed
from gateway.partners.signed_client import said_once
from tests.conftest import Cli, Finished, run_cli
from tests.world.gateway_process import Gateway, running_gateway

GOOD_KEY = {"key_id": "qk_1", "secret": "qs_" + "A" * 43, "delivery_key": "qd_" + "A" * 43}


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway on this module's database."""
    with running_gateway(config, tmp_path_factory.mktemp("gateway") / "log") as running:
        yield running


def key_file(cli: Cli, partner: str, place: Path) -> Path:
    """A partner with a key, as a file."""
    assert cli("partner", "create", partner).returncode == 0
    place.write_text(cli("key", "create", partner, "--json").stdout)
    return place


def test_call_prints_the_answers_body(cli: Cli, gateway: Gateway, tmp_path: Path) -> None:
    """Exit 0 for 2xx, else 1; stdout is the body either way, and nothing else."""
    key = str(key_file(cli, "caller", tmp_path / "key.json"))
    done = cli("call", "GET", "/v1/account", "--key", key, "--url", gateway.url)
    assert (done.returncode, json.loads(done.stdout)["balance"]) == (0, 0)
    refused = cli("call", "GET", "/v1/orders/1", "--key", key, "--url", gateway.url)
    assert (refused.returncode, json.loads(refused.stdout)["code"]) == (1, "not-found")
    body = tmp_path / "body.json"
    body.write_text('{"out_order_no": "A1", "sku": "NONE"}')
    posted = cli(
        "call", "POST", "/v1/orders", "--key", key, "--body", str(body), "--url", gateway.url
    )
    assert (posted.returncode, json.loads(posted.stdout)["code"]) == (1, "unknown-sku")


def test_call_as_json(cli: Cli, gateway: Gateway, tmp_path: Path) -> None:
    """One object in one line, whatever the answer is, and the refusals of every command."""
    key = str(key_file(cli, "json-caller", tmp_path / "key.json"))
    own = ("--key", key, "--url", gateway.url, "--json")
    done = cli("call", "GET", "/v1/account", *own)
    assert (done.returncode, done.json["balance"]) == (0, 0)
    page = cli("call", "GET", "/docs", *own)
    assert (page.returncode, set(page.json)) == (0, {"body"})
    assert "script" in cli("call", "GET", "/v1/account", *own, "--curl").json
    body = tmp_path / "body.json"
    body.write_text('{"out_order_no": "A1", "sku": "NONE", "quantity": 0}')
    refusals = {
        "not-found": ("GET", "/v1/orders/1"),
        "invalid-request": ("POST", "/v1/orders", "--body", str(body)),
        "method-not-allowed": ("DELETE", "/v1/account"),
        "invalid-argument": ("GET", "no-target"),
    }
    for code, words in refusals.items():
        refused = cli("call", *words, *own)
        assert set(refused.json) == {"error"}
        assert refused.json["error"]["code"] == code
        assert refused.returncode == (2 if code == "invalid-argument" else 1)
        assert refused.stdout.count("\n") == 1


def test_a_refusal_says_nothing_twice(cli: Cli, gateway: Gateway) -> None:
    """The problem's detail is its first error's: said once."""
    assert cli("partner", "create", "twice").returncode == 0
    order = ("order", "place", "--as", "twice", "--url", gateway.url, "--json")
    refused = cli(*order, "--sku", "NONE", "--out-no", "T1", "--quantity", "0")
    detail = refused.json["error"]["detail"]
    assert detail.count("/quantity") == detail.count("Expected") == 1, detail
    ours = cli(*order, "--sku", "NONE", "--out-no", "SUB-1").json["error"]["detail"]
    assert ours == "/out_order_no: must not begin with SUB-"
    assert said_once(["a", "b: a", "c", "b: a"]) == "b: a; c"


def test_key_or_body_may_come_from_stdin(cli: Cli, gateway: Gateway, tmp_path: Path) -> None:
    """One of both."""
    key = key_file(cli, "piped", tmp_path / "key.json")
    words = [sys.executable, "-m", "gateway", "call", "GET", "/v1/account", "--url", gateway.url]
    done = subprocess.run(
        [*words, "--key", "-"], input=key.read_text(), check=False, capture_output=True, text=True
    )
    assert (done.returncode, json.loads(done.stdout)["balance"]) == (0, 0), done.stderr
    assert cli("call", "GET", "/v1/account", "--key", "-", "--body", "-").returncode == 2


@pytest.mark.parametrize(
    ("target", "code"),
    [("v1/account", "invalid-argument"), ("/v1/a b", "invalid-argument"),
     ("/v1/\nX: y", "invalid-argument"), ("/券", "invalid-argument")],
)  # fmt: skip
def test_a_target_that_cannot_be_sent(target: str, code: str) -> None:
    """It is refused, not repaired: what is signed is what is sent."""
    request = signed.SignedRequest(url="http://h", method="GET", target=target, body=b"")
    with pytest.raises(RefusedError) as caught:
        signed.check_request(request)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "content", ["", "no json", "[]", "{}", '{"key_id": "qk_1"}', "qs_SECRET", '"qs_SECRET"']
)
def test_what_is_no_key_is_not_repeated(content: str) -> None:
    """The error names what belongs there."""
    with pytest.raises(RefusedError, match="key create --json") as caught:
        signed.read_key(content)
    assert "SECRET" not in str(caught.value)


def test_a_key_may_be_any_output_of_key_create() -> None:
    """With lines before it, and more members."""
    key = signed.read_key("a log line\n" + json.dumps({**GOOD_KEY, "old": 1}) + "\n")
    assert key.key_id == "qk_1"
    assert "qs_" not in repr(key)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits a little for a gateway that is being started, then says what to do."""
    monkeypatch.setattr(signed, "START_WAIT_S", 0.3)
    request = signed.SignedRequest(url="http://127.0.0.1:9", method="GET", target="/", body=b"")
    with pytest.raises(RefusedError, match="quangate serve") as caught:
        signed.send(signed.SigningKey(**GOOD_KEY), request)
    assert caught.value.code == "unreachable"


def test_a_revoked_key_of_its_own_is_followed_by_another(cli: Cli, gateway: Gateway) -> None:
    """`order place` makes a key on first use only; a revoked or rotated one is not used again."""
    cli("partner", "create", "own")
    cli("pool", "create", "own")
    cli("codes", "generate", "5", "--pool", "own", "--pattern", "OWN-####-####")
    cli(
        "sku",
        "create",
        "OWN",
        "--name",
        "x",
        "--kind",
        "code",
        "--pool",
        "own",
        "--price",
        "0",
        "--allow-zero",
    )

    def place(number: str) -> Finished:
        return cli(
            "order", "place", "--as", "own", "--sku", "OWN", "--out-no", number, "--json",
            "--url", gateway.url,
        )  # fmt: skip

    def own_keys() -> list[str]:
        keys = cli("key", "list", "own", "--json").json["keys"]
        assert {key["label"] for key in keys} == {"cli"}
        return [key["key_id"] for key in keys]

    assert place("P1").json["codes"][0]["code"].startswith("OWN-")
    assert place("P2").returncode == 0
    (first,) = own_keys()
    cli("key", "revoke", first)
    assert place("P3").returncode == 0
    second = own_keys()[1]
    cli("key", "rotate", second)
    third = place("P1")  # the successor is its own, too
    assert third.json["state"] == "delivered"
    assert len(own_keys()) == 3


def test_connectors_are_listed_with_their_settings(cli: Cli) -> None:
    """What `--set` takes: name, needed, secret, default; and it needs no shop."""
    listed = run_cli("upstream", "connectors", "--json", environment={}).json["connectors"]
    assert [one["connector"] for one in listed] == list(registry.names())
    assert {one["source"] for one in listed} == {"built-in"}
    by_name = {one["connector"]: {s["name"]: s for s in one["settings"]} for one in listed}
    assert by_name["fulu"]["secret"] == {
        "name": "secret", "required": True, "secret": True, "default": None,
    }  # fmt: skip
    assert by_name["kasushou"]["callback_window_s"]["default"] == "300"
    assert by_name["dtone"]["price_check"] == {
        "name": "price_check", "required": False, "secret": False, "default": "off",
    }  # fmt: skip
    assert not by_name["reloadly"]["webhook_secret"]["required"]
    shown = cli("upstream", "connectors").stdout
    assert "dingconnect" in shown
    assert "(secret)" in shown


@pytest.mark.parametrize("name", registry.names())
def test_the_line_a_simulator_prints_adds_it(cli: Cli, name: str) -> None:
    """Pasted as it stands."""
    line = simulators.adding(name, "http://127.0.0.1:9001", [])
    done = cli(*line.split()[1:], "--json")
    assert (done.returncode, done.json["upstream"]) == (0, name), done.stderr


def test_a_secret_that_was_typed_is_not_printed_again() -> None:
    """A file that holds it is."""
    given = ["secret=S3CRET", "app_key=mine", "settle_s=1"]
    line = simulators.adding("fulu", "http://h", given)
    assert "S3CRET" not in line
    assert "app_key=mine" in line
    assert "settle_s" not in line  # the simulator's own
    assert "--set secret=@key" in simulators.adding("fulu", "http://h", ["secret=@key"])


def _all_commands() -> Iterator[list[str]]:
    yield []
    for name in root.rooms():
        yield [name]
        room = root.load_room(name)
        if isinstance(room, TyperGroup):
            yield from ([name, verb] for verb in room.commands)


def test_no_switch_asks_for_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    """In no help of any command stands `<bool>`. Seen red with typer's own help."""
    for words in _all_commands():
        root.run([*words, "-h"])
    said = capsys.readouterr().out
    assert "--json" in said
    assert "<bool>" not in said


def test_wrong_usage_of_json_is_told_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json=true` is wrong, and a script reads why."""
    assert root.run(["pool", "list", "--json=true"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_unknown_variables_are_named(cli: Cli) -> None:
    """What looks misspelt stops; the rest is a line on stderr, and no more than a line."""
    warned = cli("partner", "list", "--json", environment={"QUANGATE_COLOUR": "red"})
    assert warned.returncode == 0
    assert "QUANGATE_COLOUR" in warned.stderr
    stopped = cli("partner", "list", "--json", environment={"QUANGATE_PROT": "1"})
    assert (stopped.returncode, stopped.json["error"]["code"]) == (1, "invalid-configuration")
    assert "port" in stopped.json["error"]["detail"]


def test_the_demo_says_what_to_try_next() -> None:
    """Commands to paste; with the directory that was kept."""
    assert "quangate serve &" in what_next(ok=True, kept=None)
    assert "quangate order list --data 'a b'" in what_next(ok=True, kept=Path("a b"))
    assert "quangate serve" not in what_next(ok=False, kept=None)
