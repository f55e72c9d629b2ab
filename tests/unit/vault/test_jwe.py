"""Codes on their way out: what a partner opens with any JOSE library, and what nobody opens."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import OctKey

from gateway.ground.native import (
    Allocator,
    KeyRing,
    Vault,
    new_partner_secrets,
    open_jwe,
    seal_claimed,
    seal_rows,
)
from gateway.ground.native_errors import KeyMissing, RecordCorrupt

POOL, KEY_ID = 5, "qk_test"
PLAINTEXTS = [
    b'{"code":"ABCD-0001"}',
    '{"code":"券-0002","pin":"1234"}'.encode(),
    b'{"url":"https://example.com/r/3"}',
    b'{"code":"LONG-' + b"X" * 400 + b'"}',
]


@dataclass(frozen=True, slots=True)
class Rig:
    """A vault with two batches in one pool, and one partner key."""

    vault: Vault
    keyring: KeyRing
    delivery_key: str
    published: list[bytes]


def partner(vault: Vault, keyring: KeyRing, key_id: str) -> str:
    _, delivery_key, signing_blob, delivery_blob = new_partner_secrets(vault, key_id)
    keyring.put(key_id, signing_blob, delivery_blob, vault)
    return delivery_key


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    vault, keyring = Vault.open(tmp_path / "kek"), KeyRing()
    published = []
    # A lease may span batches, also of different suites.
    for batch_id, suite, lo in ((1, "aes-256-gcm", 0), (2, "sm4-gcm", 2)):
        vault.new_dek(batch_id, suite)
        records = vault.seal_records(POOL, batch_id, lo, PLAINTEXTS[lo : lo + 2])
        published += [batch_id.to_bytes(8, "big") + record for record in records]
    return Rig(vault, keyring, partner(vault, keyring, KEY_ID), published)


def imported(delivery_key: str) -> OctKey:
    """The key for a library that is not ours."""
    text = delivery_key.removeprefix("qd_")
    return OctKey.import_key(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def opened(delivery_key: str, array: bytes | None) -> list[bytes]:
    """Opens a JSON array of JWEs with a library that is not ours."""
    assert array is not None
    key = imported(delivery_key)
    members: list[dict[str, str]] = json.loads(array)
    assert all(list(member) == ["jwe"] for member in members)
    algorithms = ["dir", "A256GCM"]
    return [
        jwe.decrypt_compact(member["jwe"], key, algorithms=algorithms).plaintext or b""
        for member in members
    ]


def test_any_jose_library_opens_rows(rig: Rig) -> None:
    """Rows become an array of JWEs in their order, openable with joserfc and with `open_jwe`."""
    rows = list(enumerate(rig.published))
    array = seal_rows(rig.vault, rig.keyring, KEY_ID, POOL, rows)
    assert opened(rig.delivery_key, array) == PLAINTEXTS
    texts = [member["jwe"] for member in json.loads(array)]
    assert [open_jwe(rig.delivery_key, text) for text in texts] == PLAINTEXTS


def test_the_protected_header(rig: Rig) -> None:
    """The header is the contract's, to the letter, and the encrypted key is empty."""
    array = json.loads(seal_rows(rig.vault, rig.keyring, KEY_ID, POOL, [(0, rig.published[0])]))
    header, encrypted_key, *_ = array[0]["jwe"].split(".")
    decoded = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
    assert decoded == b'{"alg":"dir","enc":"A256GCM","kid":"qk_test"}'
    assert encrypted_key == ""


def test_claimed_lines(rig: Rig) -> None:
    """One call seals the lines of several partners, each for its own key, runs in their order."""
    other_key = partner(rig.vault, rig.keyring, "qk_other")
    allocator = Allocator()
    allocator.publish(POOL, 71, 1, 0, rig.published[:3])
    allocator.publish(POOL, 72, 1, 3, rig.published[3:])
    lines = [
        (KEY_ID, POOL, [(72, 1, 3, 1), (71, 1, 0, 2)]),
        ("qk_other", POOL, [(71, 1, 2, 1)]),
    ]
    arrays = seal_claimed(rig.vault, rig.keyring, allocator, lines)
    assert opened(rig.delivery_key, arrays[0]) == [PLAINTEXTS[3], *PLAINTEXTS[:2]]
    assert opened(other_key, arrays[1]) == [PLAINTEXTS[2]]


def test_large_batches_detach(rig: Rig) -> None:
    """Above the size from which the interpreter is released the answers are the same."""
    allocator = Allocator()
    allocator.publish(POOL, 71, 1, 0, rig.published)
    lines = [(KEY_ID, POOL, [(71, 1, number % 4, 1)]) for number in range(2100)]
    arrays = seal_claimed(rig.vault, rig.keyring, allocator, lines)
    for number, array in enumerate(arrays):
        assert opened(rig.delivery_key, array) == [PLAINTEXTS[number % 4]]


def test_a_bad_line_leaves_the_others_alone(rig: Rig) -> None:
    """A line that cannot be sealed is None; the lines beside it, committed too, are answered."""
    allocator = Allocator()
    spoiled = rig.published[1][:-1] + bytes([rig.published[1][-1] ^ 1])
    allocator.publish(POOL, 71, 1, 0, [rig.published[0], spoiled])
    allocator.publish(POOL + 1, 72, 1, 0, rig.published)
    lines: list[tuple[str, int, list[tuple[int, int, int, int]]]] = [
        (KEY_ID, POOL, [(71, 1, 0, 1)]),
        # A record that does not open.
        (KEY_ID, POOL, [(71, 1, 0, 2)]),
        # A key that was revoked meanwhile.
        ("qk_revoked", POOL, [(71, 1, 0, 1)]),
        # A lease that is not here, one of another pool, and positions outside of it.
        (KEY_ID, POOL, [(99, 1, 0, 1)]),
        (KEY_ID, POOL, [(72, 1, 0, 1)]),
        (KEY_ID, POOL, [(71, 1, 2, 1)]),
        (KEY_ID, POOL, [(71, 1, 2**63 - 1, 2**31)]),
        # Records of another pool do not open in this one.
        (KEY_ID, POOL + 1, [(72, 1, 0, 1)]),
        (KEY_ID, POOL, [(71, 1, 0, 1)]),
        # Nothing claimed: an empty array.
        (KEY_ID, POOL, []),
    ]
    arrays = seal_claimed(rig.vault, rig.keyring, allocator, lines)
    assert [array is None for array in arrays] == [False, *[True] * 7, False, False]
    assert opened(rig.delivery_key, arrays[8]) == [PLAINTEXTS[0]]
    assert arrays[9] == b"[]"


def test_rows_tell_why(rig: Rig) -> None:
    """A read says what is wrong: no such key, a spoiled record, a data key that is not loaded."""
    row = (0, rig.published[0])
    with pytest.raises(KeyMissing, match="qk_revoked"):
        seal_rows(rig.vault, rig.keyring, "qk_revoked", POOL, [row])
    with pytest.raises(RecordCorrupt, match="seq 1"):
        seal_rows(rig.vault, rig.keyring, KEY_ID, POOL, [(1, rig.published[0])])
    rig.vault.drop_dek(1)
    with pytest.raises(KeyMissing, match="batch 1"):
        seal_rows(rig.vault, rig.keyring, KEY_ID, POOL, [row])


def test_each_sealing_is_fresh(rig: Rig) -> None:
    """The same code sealed a thousand times has a thousand ivs."""
    rows = [(0, rig.published[0])] * 1000
    array = json.loads(seal_rows(rig.vault, rig.keyring, KEY_ID, POOL, rows))
    assert len({member["jwe"].split(".")[2] for member in array}) == 1000


@pytest.mark.parametrize("key_id", ['quote"d', "back\\slash", "tab\t", "券", 'x","alg":"none'])
def test_odd_key_ids_stay_inside_the_header(rig: Rig, key_id: str) -> None:
    """Whatever a key is called, the header is JSON with exactly three members."""
    delivery_key = partner(rig.vault, rig.keyring, key_id)
    array = seal_rows(rig.vault, rig.keyring, key_id, POOL, [(0, rig.published[0])])
    text = json.loads(array)[0]["jwe"]
    header = text.split(".")[0]
    members = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    assert members == {"alg": "dir", "enc": "A256GCM", "kid": key_id}
    assert open_jwe(delivery_key, text) == PLAINTEXTS[0]


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_open_jwe_is_strict(rig: Rig) -> None:
    """Another algorithm, another key, another number of parts, any change: refused alike."""
    array = json.loads(seal_rows(rig.vault, rig.keyring, KEY_ID, POOL, [(0, rig.published[0])]))
    good: str = array[0]["jwe"]
    parts = good.split(".")

    def with_part(index: int, part: str) -> str:
        return ".".join([*parts[:index], part, *parts[index + 1 :]])

    header: dict[str, Any] = {"alg": "dir", "enc": "A256GCM", "kid": KEY_ID}
    bad = [
        with_part(0, encoded({**header, "alg": "none"})),
        with_part(0, encoded({**header, "enc": "A128GCM"})),
        with_part(0, encoded({**header, "zip": "DEF"})),
        with_part(0, encoded({**header, "kid": "qk_other"})),
        with_part(1, "AA"),
        with_part(2, encoded(b"\0" * 12)),
        with_part(3, ""),
        with_part(4, parts[4][:-4]),
        good + ".",
        good + "=",
        good.rpartition(".")[0],
        "",
        "....",
    ]
    # Sealed by someone who has the key, but not in our form.
    key = imported(rig.delivery_key)
    foreign = [{**header, "zip": "DEF"}, {**header, "cty": "JSON"}]
    bad.extend(jwe.encrypt_compact(members, b"{}", key) for members in foreign)
    assert open_jwe(rig.delivery_key, jwe.encrypt_compact(header, b"{}", key)) == b"{}"
    for text in bad:
        with pytest.raises(RecordCorrupt, match="JWE"):
            open_jwe(rig.delivery_key, text)
    with pytest.raises(RecordCorrupt, match="JWE"):
        open_jwe(partner(rig.vault, rig.keyring, "qk_other"), good)
    for wrong_key in ("", "qs_" + "A" * 43, "qd_" + "A" * 42, "qd_" + "A" * 44):
        with pytest.raises(ValueError, match="qd_"):
            open_jwe(wrong_key, good)
