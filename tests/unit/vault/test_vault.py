"""The vault as Python sees it: secrets, data keys, records, the blind index, rotation."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.ground.native import Vault
from gateway.ground.native_errors import CoreError, KeyMissing, RecordCorrupt, VaultError
from tests.clock import PATIENCE_S

POOL, BATCH = 11, 22
SUITES = ("aes-256-gcm", "xchacha20-poly1305", "sm4-gcm")
CODES = [b'{"code":"ABCD-0001"}', b'{"code":"ABCD-0002","pin":"9"}', b'{"url":"https://x"}']


@pytest.fixture
def kek_path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "kek"


@pytest.fixture
def vault(kek_path: Path) -> Vault:
    return Vault.open(kek_path)


def published(batch_id: int, records: list[bytes]) -> list[bytes]:
    return [batch_id.to_bytes(8, "big", signed=True) + record for record in records]


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("suite", SUITES)
def test_records_open_in_their_place(vault: Vault, suite: str) -> None:
    """A sealed record opens at its pool, batch and seq, and nowhere else."""
    vault.new_dek(BATCH, suite)
    vault.new_dek(BATCH + 1, suite)
    records = vault.seal_records(POOL, BATCH, 100, CODES)
    for index, code in enumerate(CODES):
        assert vault.open_record(POOL, BATCH, 100 + index, records[index]) == code
    wrong_places = [(POOL + 1, BATCH, 100), (POOL, BATCH + 1, 100), (POOL, BATCH, 101)]
    for place in wrong_places:
        with pytest.raises(RecordCorrupt, match=f"seq {place[2]}"):
            vault.open_record(*place, records[0])


@pytest.mark.parametrize("suite", SUITES)
def test_check_names_spoiled_records(vault: Vault, suite: str) -> None:
    """`check_records` finds bit rot, moved rows and rubbish, and nothing else."""
    vault.new_dek(BATCH, suite)
    # So many that the interpreter is released meanwhile.
    plaintexts = [b'{"code":"%d"}' % number for number in range(2100)]
    rows = published(BATCH, vault.seal_records(POOL, BATCH, 1, plaintexts))
    assert vault.check_records(POOL, 1, rows) == []
    rows[7] = flipped(rows[7], 8 * 8 + 100)
    rows[20], rows[21] = rows[21], rows[20]
    rows[2099] = b"short"
    assert vault.check_records(POOL, 1, rows) == [7, 20, 21, 2099]


def test_a_packed_range_is_checked_alike(vault: Vault) -> None:
    """One value with all records of a range gives the same findings; a torn one is refused."""
    vault.new_dek(BATCH)
    rows = published(BATCH, vault.seal_records(POOL, BATCH, 1, CODES))
    rows[1] = flipped(rows[1], 8 * len(rows[1]) - 1)
    packed = b"".join(len(row).to_bytes(4, "big") + row for row in rows)
    assert vault.check_packed(POOL, 1, packed) == vault.check_records(POOL, 1, rows) == [1]
    with pytest.raises(ValueError, match="torn"):
        vault.check_packed(POOL, 1, packed[:-1])


def test_check_without_the_key_says_so(vault: Vault) -> None:
    """A data key that is not loaded is `KeyMissing`, never a verdict on the record."""
    vault.new_dek(BATCH)
    rows = published(BATCH, vault.seal_records(POOL, BATCH, 1, CODES))
    assert vault.drop_dek(BATCH)
    with pytest.raises(KeyMissing, match=f"batch {BATCH}"):
        vault.check_records(POOL, 1, rows)


def test_data_keys_survive_a_restart(vault: Vault, kek_path: Path) -> None:
    """A wrapped data key, loaded by another process, opens the records; twice is once."""
    wrapped = vault.new_dek(BATCH)
    record = vault.seal_records(POOL, BATCH, 1, CODES[:1])[0]
    restarted = Vault.open(kek_path, create=False)
    assert not restarted.has_dek(BATCH)
    for _ in range(2):
        restarted.load_dek(BATCH, wrapped)
    assert restarted.has_dek(BATCH)
    assert restarted.open_record(POOL, BATCH, 1, record) == CODES[0]


@pytest.mark.parametrize(
    "spoil",
    [
        # Every region of the blob: version, suite, commitment, wrapped key id, ciphertext, tag.
        lambda blob: flipped(blob, 0),
        lambda blob: flipped(blob, 8),
        lambda blob: flipped(blob, 8 * 10),
        lambda blob: flipped(blob, 8 * 34),
        lambda blob: flipped(blob, 8 * (len(blob) - 20)),
        lambda blob: flipped(blob, 8 * len(blob) - 1),
        # Cut, and empty.
        lambda blob: blob[:-1],
        lambda _blob: b"",
    ],
)
def test_changed_data_keys_are_refused(vault: Vault, spoil: Callable[[bytes], bytes]) -> None:
    """A wrapped data key with anything changed is not loaded."""
    wrapped = vault.new_dek(BATCH)
    vault.drop_dek(BATCH)
    with pytest.raises(VaultError):
        vault.load_dek(BATCH, spoil(wrapped))
    assert not vault.has_dek(BATCH)


def test_secrets_are_bound_to_their_purpose(vault: Vault) -> None:
    """A wrapped secret opens for its purpose; swapped with another's it does not."""
    blob = vault.wrap_secret("webhook of partner 1", b"secret")
    assert vault.open_secret("webhook of partner 1", blob) == b"secret"
    with pytest.raises(RecordCorrupt):
        vault.open_secret("webhook of partner 2", blob)


def test_rotation_rewraps_and_changes_nothing_else(vault: Vault, kek_path: Path) -> None:
    """After a rotation old blobs open, re-wrapped ones name the new key, fingerprints stay."""
    old = vault.kek_ids()[0]
    secret, data_key = vault.wrap_secret("p", b"secret"), vault.new_dek(BATCH)
    fingerprints, check = vault.fingerprints(["X"]), vault.index_check()
    line = vault.anchor_mac(b"line")
    new = vault.rotate_kek()
    assert vault.kek_ids() == (new, [old, new])
    assert vault.open_secret("p", secret) == b"secret"
    secret, data_key = vault.rewrap_secret("p", secret), vault.rewrap_dek(BATCH, data_key)
    assert {Vault.secret_kek_id(secret), Vault.dek_kek_id(data_key)} == {new}
    vault.retire_kek(old)
    with pytest.raises(ValueError, match="current"):
        vault.retire_kek(new)
    restarted = Vault.open(kek_path, create=False)
    assert restarted.kek_ids() == (new, [new])
    restarted.load_dek(BATCH, data_key)
    assert restarted.fingerprints(["X"]) == fingerprints
    assert restarted.index_check() == check
    assert restarted.anchor_mac(b"line") == line


def test_another_key_file_fails_closed(vault: Vault, tmp_path: Path) -> None:
    """Under another key file nothing opens, and the error names the key to bring back."""
    blob, needed = vault.wrap_secret("p", b"secret"), vault.kek_ids()[0]
    other = Vault.open(tmp_path / "other")
    with pytest.raises(KeyMissing, match=needed):
        other.open_secret("p", blob)


def test_key_file_permissions(vault: Vault, kek_path: Path) -> None:
    """The file is private from its first moment; a readable one is refused with the remedy."""
    assert vault.kek_ids()[1]
    assert kek_path.stat().st_mode & 0o777 == 0o600
    assert kek_path.parent.stat().st_mode & 0o777 == 0o700
    kek_path.chmod(0o640)
    with pytest.raises(VaultError, match="chmod 600"):
        Vault.open(kek_path)


def test_missing_key_file(kek_path: Path) -> None:
    """Where keys must exist, none are made."""
    with pytest.raises(KeyMissing):
        Vault.open(kek_path, create=False)
    assert not kek_path.parent.exists()


@pytest.mark.parametrize("text", [b"", b"quangate-keys 2\n", b"\xff\xfe", b"quangate-keys 1\nkey"])
def test_foreign_key_files(kek_path: Path, text: bytes) -> None:
    """A file that is not ours is refused and left as it is."""
    kek_path.parent.mkdir()
    kek_path.write_bytes(text)
    kek_path.chmod(0o600)
    with pytest.raises(VaultError):
        Vault.open(kek_path)
    assert kek_path.read_bytes() == text


def test_processes_starting_together_share_one_key(kek_path: Path) -> None:
    """First starts of several processes at once end with one key file."""
    program = "import sys; from gateway.ground.native import Vault; v = Vault.open(sys.argv[1])"
    show = "; print(v.kek_ids()[0], v.index_check().hex())"
    command = [sys.executable, "-c", program + show, str(kek_path)]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {start.communicate(timeout=PATIENCE_S)[0] for start in starts}
    assert len(answers) == 1
    assert os.listdir(kek_path.parent) == [kek_path.name]


def test_fingerprints(vault: Vault) -> None:
    """Sixteen bytes a code, the same for text and bytes, different for different codes."""
    prints = vault.fingerprints(["A", b"A", "a", "券"])
    parts = [prints[start : start + 16] for start in range(0, len(prints), 16)]
    assert len(parts) == 4
    assert parts[0] == parts[1]
    assert len(set(parts)) == 3


def test_nothing_secret_is_shown(vault: Vault, kek_path: Path) -> None:
    """No representation and no error text carries a key or a code (I12)."""
    vault.new_dek(BATCH)
    record = vault.seal_records(POOL, BATCH, 1, [b"CANARY-CODE"])[0]
    with pytest.raises(CoreError) as caught:
        vault.open_record(POOL, BATCH, 2, record)
    shown = f"{vault!r} {caught.value!r} {caught.value}"
    words = kek_path.read_text().split()
    keys = [word for word in words if len(word) >= 43]
    assert keys
    assert not [secret for secret in (*keys, "CANARY-CODE") if secret in shown]


@pytest.mark.parametrize("suite", ["", "AES-256-GCM", "aes-128-gcm"])
def test_unknown_suites(vault: Vault, suite: str) -> None:
    """A suite we do not have is refused, and the ones we have are named."""
    with pytest.raises(ValueError, match="sm4-gcm"):
        vault.new_dek(BATCH, suite)
