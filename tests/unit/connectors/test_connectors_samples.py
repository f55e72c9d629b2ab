"""Every connector reads every sample of its platform's documents: `tests/fixtures/wire`."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors import registry
from connectors.contract import (
    CallbackEvent,
    CallbackRequest,
    CancelRequest,
    CatalogPage,
    Connector,
    Context,
    DeliveredCode,
    QueryRequest,
    Session,
    SubmitRequest,
)
from connectors.dujiao.wire import CALLBACK_PATH, DujiaoSettings, signed_headers
from connectors.entry import shipped
from connectors.exchange import HttpResponse
from connectors.generic.reader import read_protocol
from connectors.kasushou.wire import signed_members
from connectors.reloadly.wire import sign_webhook
from connectors.secret import Secret
from connectors.signing import (
    compact_json,
    sorted_characters_md5,
    sorted_form_md5,
    timestamped_sha1,
)
from connectors.spelled import canonical_texts
from tests.wire_samples import Reading, Sample, Wire, load, names
from tests.world.connector_play import deal, play

BASE = "https://upstream.example"
NOW = 1767225660.0  # the time in the samples' callbacks
CONNECTED = [name for name in names() if load(name).platform in registry.names()]
READINGS = [
    pytest.param(load(name), reading, id=f"{name}-{reading.name}")
    for name in CONNECTED
    for reading in load(name).reads
]


def settings_of(wire: Wire, reading: Reading | None = None) -> dict[str, str]:
    """The simulator's default keys, the dialect's settings and the reading's own."""
    defaults = registry.create_simulator(wire.platform, {}).DEFAULTS
    return {**defaults, **wire.settings, **(reading.settings if reading else {})}


def packed(wire: Wire, sample: Sample) -> bytes:
    """An answer as it travels: Fulu's `result` is JSON text, signed."""
    answer = sample.answer
    if wire.platform == "fulu" and isinstance(answer, dict) and "result" in answer:
        result = answer["result"]
        text = result if isinstance(result, str) else compact_json(result)
        answer = {**answer, "result": text}
        if "sign" in answer:
            answer["sign"] = sorted_characters_md5(text, Secret(settings_of(wire)["secret"]))
    return json.dumps(answer, ensure_ascii=False).encode()


def sign_fulu(keys: Mapping[str, str], members: dict[str, Any]) -> CallbackRequest:
    text = compact_json({name: value for name, value in members.items() if name != "sign"})
    sign = sorted_characters_md5(text, Secret(keys["secret"]))
    return callback(compact_json({**members, "sign": sign}).encode())


def sign_kasushou(keys: Mapping[str, str], members: dict[str, Any]) -> CallbackRequest:
    text = canonical_texts(signed_members(members))[0]
    sign = timestamped_sha1(members["time"], text, Secret(keys["apikey"]))
    return callback(compact_json({**members, "sign": sign}).encode())


def sign_dayuanren(keys: Mapping[str, str], members: dict[str, Any]) -> CallbackRequest:
    sign = sorted_form_md5(members, Secret(keys["apikey"]))
    body = urlencode({**members, "sign": sign}).encode()
    return callback(body, content_type="application/x-www-form-urlencoded")


def sign_reloadly(keys: Mapping[str, str], members: dict[str, Any]) -> CallbackRequest:
    body, timestamp = compact_json(members).encode(), str(int(NOW * 1000))
    sign = sign_webhook(body, timestamp, Secret(keys["webhook_secret"]))
    headers = {"x-reloadly-request-timestamp": timestamp, "x-reloadly-signature": sign}
    return callback(body, **headers)


def sign_dujiao(keys: Mapping[str, str], members: dict[str, Any]) -> CallbackRequest:
    settings = DujiaoSettings(api_key=keys["api_key"], api_secret=Secret(keys["api_secret"]))
    body = compact_json(members).encode()
    headers = signed_headers("POST", CALLBACK_PATH, str(int(NOW)), body, settings)
    return CallbackRequest(method="POST", path="/cb", headers=headers, body=body)


def sign_by_file(
    platform: str, keys: Mapping[str, str], members: dict[str, Any]
) -> CallbackRequest:
    protocol = read_protocol(
        keys["protocol"] if platform == "generic" else shipped(f"{platform}.toml")
    )
    known = {f"set.{name}": value for name, value in keys.items()}
    sign = protocol.callback_sign.sign(members, b"", known)
    return callback(compact_json({**members, "sign": sign}).encode())


def callback(
    body: bytes, content_type: str = "application/json", **headers: str
) -> CallbackRequest:
    return CallbackRequest(
        method="POST", path="/cb", headers={"content-type": content_type, **headers}, body=body
    )


SIGN: Mapping[str, Callable[[Mapping[str, str], dict[str, Any]], CallbackRequest]] = {
    "fulu": sign_fulu,
    "kasushou": sign_kasushou,
    "dayuanren": sign_dayuanren,
    "reloadly": sign_reloadly,
    "dujiao": sign_dujiao,
    **{
        name: partial(sign_by_file, name)
        for name in ("kakayun", "xingquanyi", "fengzhushou", "generic")
    },
    "dtone": lambda _keys, members: callback(compact_json(members).encode()),
}


def request_of(reading: Reading) -> dict[str, Any]:
    """The attempt that the samples speak of."""
    return {"attempt_no": "T1", "product_id": "25", "account": "13800138000", "face_minor": 1000,
            **reading.request}  # fmt: skip


def operate(connector: Connector, reading: Reading, answers: list[HttpResponse]) -> Any:
    """Run the reading's operation against prepared answers."""
    members = request_of(reading)
    context = Context(now=NOW, session=Session())
    if reading.operation == "submit":
        members = {"max_cost_minor": 1000, **members}
        return deal(connector.submit, SubmitRequest(**members), context, *answers).result
    if reading.operation == "query":
        return deal(connector.query, QueryRequest(**members), context, *answers).result
    if reading.operation == "cancel":
        cancel = CancelRequest(attempt_no="T1", upstream_no="1767225600000001")
        return play(connector.cancel(cancel, context), *answers).result
    if reading.operation == "catalog":
        page = play(connector.catalog(None, context), *answers).result
        assert isinstance(page, CatalogPage)
        return page.items[0]
    assert reading.operation == "balance"
    return play(connector.balance(context), *answers).result


def seen(result: Any, name: str) -> Any:
    """A member of a result as the fixture writes it."""
    if name == "codes":
        return [shown(code) for code in result.codes]
    if name == "expires":
        return [code.expires_at for code in result.codes]
    if name == "share":
        return [result.part.done, result.part.whole]
    if isinstance(result, CallbackEvent):
        return getattr(result, name) if hasattr(result, name) else getattr(result.answer, name)
    return getattr(result, name)


def shown(code: DeliveredCode) -> list[str | None]:
    return [code.code.reveal(), code.pin.reveal() if code.pin else None]


@pytest.mark.parametrize(("wire", "reading"), READINGS)
def test_the_connector_reads_the_samples(wire: Wire, reading: Reading) -> None:
    """What a sample means is what the connector says of it."""
    keys = settings_of(wire, reading)
    connector = registry.create(wire.platform, BASE, keys)
    samples = [wire.samples[name] for name in reading.answers]
    if reading.operation == "callback":
        call = SIGN[wire.platform](keys, samples[0].answer)
        result: Any = connector.parse_callback(call, NOW)
    else:
        answers = [
            HttpResponse(status=sample.status, headers=sample.headers, body=packed(wire, sample))
            for sample in samples
        ]
        result = operate(connector, reading, answers)
    assert {name: seen(result, name) for name in reading.gives} == dict(reading.gives)


def test_every_connector_has_samples() -> None:
    """A connector in the registry has a file of samples."""
    assert {load(name).platform for name in names()} >= set(registry.names())


@pytest.mark.parametrize("name", names())
def test_samples_say_where_they_are_from(name: str) -> None:
    """Every file names its document and every sample its section; what the simulator never answers
    says why; no reading names a sample that is not there.
    """
    wire = load(name)
    assert wire.document
    for sample in wire.samples.values():
        assert sample.section
        # Faces are served by the gateway itself, not by a simulator.
        is_face = wire.platform.startswith("face-")
        assert is_face or (sample.made is None) == bool(sample.why), sample.name
    assert {used for reading in wire.reads for used in reading.answers} <= wire.samples.keys()
