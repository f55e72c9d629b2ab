"""The native core (core_rs/py), as Python sees it. Only `gateway.ground.native` imports it.

Each section belongs to one half of the engine; keep them apart. Code files: _core_code_file.pyi;
rates and known numbers: _core_limits.pyi; plain lines and columns: _core_plain.pyi."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, Self, final

from gateway._core_code_file import CodeFile as CodeFile
from gateway._core_code_file import CodeFileOptions as CodeFileOptions
from gateway._core_code_file import ParsedBatch as ParsedBatch
from gateway._core_code_file import find_codes as find_codes
from gateway._core_limits import NumberFilter as NumberFilter
from gateway._core_limits import RateLimiter as RateLimiter
from gateway._core_plain import NumbersUnderWay as NumbersUnderWay
from gateway._core_plain import PlainLines as PlainLines
from gateway._core_plain import PlainOrders as PlainOrders
from gateway._core_plain import array_literals as array_literals
from gateway._core_plain import claimed_literals as claimed_literals

__version__: str
__all__ = [
    "AccountRule",
    "Allocator",
    "CodeFile",
    "KeyRing",
    "NumberFilter",
    "NumbersUnderWay",
    "OrderIds",
    "ParsedBatch",
    "PlainLines",
    "PlainOrders",
    "RateLimiter",
    "Vault",
    "__version__",
    "array_literals",
    "check_json",
    "claimed_literals",
    "find_codes",
    "find_request",
    "generate_codes",
    "new_partner_secrets",
    "new_webhook_secret",
    "open_jwe",
    "pattern_space",
    "seal_claimed",
    "seal_rows",
    "sign_request",
    "webhook_sign",
]

# --- allocation -------------------------------------------------------------------------
# A run of claimed codes is (lease_id, epoch, seq_lo, count). After a fork every method
# that changes something raises RuntimeError in the child: the codes are the parent's.

@final
class Allocator:
    """The codes one worker process may sell; claims are lock-free and keep the GIL."""

    def __new__(cls) -> Self: ...
    def publish(
        self,
        pool_id: int,
        lease_id: int,
        epoch: int,
        lo: int,
        records: Sequence[bytes],
        outlet: int | None = None,
    ) -> None:
        """Make a lease claimable; record i belongs to position lo + i of the pool.

        It is claimed by `outlet`; None: by the pool's own id.

        ValueError: no record, too many, or a lease that is published already."""
    def publish_packed(
        self,
        pool_id: int,
        lease_id: int,
        epoch: int,
        lo: int,
        packed: bytes,
        outlet: int | None = None,
    ) -> None:
        """As `publish`, of records in one piece: each its length in four bytes, then itself."""
    def claim(self, outlet: int, quantity: int) -> list[tuple[int, int, int, int]] | None:
        """Claim exactly `quantity` codes as runs, or nothing: None. ValueError: quantity 0."""
    def claim_one(self, outlet: int) -> tuple[int, int, int] | None:
        """Claim one code: (lease_id, epoch, seq), or None."""
    def claim_many(
        self, requests: Sequence[tuple[int, int]]
    ) -> list[list[tuple[int, int, int, int]] | None]:
        """Serve (outlet, quantity) in order, each as `claim` does.

        ValueError: a quantity is 0; then nothing is claimed."""
    def give_back(self, outlet: int, lease_id: int, seq_lo: int, count: int) -> bool:
        """Make definitely unused positions claimable again; never those of a commit in doubt.

        False: the lease is closed or unknown, reclaiming it finds them. ValueError: a
        position is outside the lease, was never claimed or is given back already."""
    def close(self, outlet: int, lease_id: int) -> int:
        """End claiming from a lease; how many claimable positions that dropped. Idempotent.

        Its records stay readable until `forget`."""
    def forget(self, outlet: int, lease_id: int) -> bool:
        """Close a lease and drop its records; False when it is unknown."""
    def remaining(self, outlet: int) -> int:
        """Codes that could be claimed now."""
    def capacity(self, outlet: int) -> int:
        """Size of the leases that still have something to claim: prefetch by remaining/capacity."""
    def lease_ids(self, outlet: int) -> list[int]:
        """Leases published and not closed, used up or not, by id: those to renew."""
    def record(self, pool_id: int, lease_id: int, seq: int) -> bytes | None:
        """The sealed record of a position, until the lease is forgotten. For tests."""

@final
class OrderIds:
    """Order ids of one worker slot: 41 bits ms since 2025 | 10 bits slot | 12 bits counter.

    They only grow, whatever the clock does. RuntimeError in a forked child."""

    def __new__(cls, worker_slot: int) -> Self:
        """ValueError: the slot is not within 0..=1023."""
    def next(self, now_ms: int) -> int:
        """The next id at `now_ms`, Unix milliseconds."""
    def next_many(self, now_ms: int, n: int) -> list[int]:
        """The next `n` ids, growing."""

# --- the order path ---------------------------------------------------------------------

@final
class AccountRule:
    """A pattern of an operator that whole accounts are matched against, in linear time.

    `\\d`, `\\w`, `\\s` are ASCII only. ValueError: a clause on what the pattern may not have."""

    def __new__(cls, pattern: str) -> Self: ...
    def fits(self, account: str) -> bool:
        """Whether the whole account matches."""

def find_request(received: bytes, start: int) -> tuple[Any, ...] | Literal[False] | None:
    """Method, target, headers, start of the body, its end; False: odd, None: unfinished."""

def check_json(text: bytes, depth_max: int) -> tuple[str, int] | None:
    """None for strict JSON nested at most `depth_max` deep, else (what is wrong, byte offset).

    Refused: BOM, invalid UTF-8, NaN and other non-JSON, equal keys, lone surrogates, depth."""

# --- secrecy ----------------------------------------------------------------------------
# What comes back is ciphertext, unless the name says that something is opened. Exceptions
# are those of gateway.ground.native_errors; a ValueError is a wrong argument.
# A *published record* is int8send(batch_id) || sealed record. A purpose or key id is bound
# to what is wrapped for it: swapped blobs do not open.

@final
class Vault:
    """Every key of this process, and the blind index. One per process."""

    @staticmethod
    def open(kek_path: str | PathLike[str], *, create: bool = True) -> Vault:
        """Open the key file (0600), making it on first start if `create`.

        Processes that start together end with one file. Pass create=False when the database
        already holds something wrapped. KeyMissing: no file. VaultError: readable by others
        (the message says chmod 600), or not a key file."""
    def kek_ids(self) -> tuple[str, list[str]]:
        """The current key-encryption key, and all of them, oldest first."""
    def rotate_kek(self) -> str:
        """Add a new current key to the file, atomically; its id. Old blobs still open."""
    def retire_kek(self, key_id: str) -> None:
        """Remove an old key: what is still wrapped under it is lost. Not the current one."""
    def lend(self, kek_path: str | PathLike[str]) -> None:
        """Unwrap with the keys of another key file as well, in this process alone. As `open`."""
    def reload(self) -> None:
        """Read the key file again. Unwrapping does so by itself when it meets an unknown key."""
    def index_check(self) -> bytes:
        """8 bytes that tell blind-index secrets apart; rotation never changes them. Not secret."""
    def anchor_mac(self, line: bytes) -> bytes:
        """32 bytes that authenticate a line of an anchor file; rotation never changes them.

        The key is derived for this alone: no fingerprint is ever one of these."""
    def wrap_secret(self, purpose: str, plaintext: bytes) -> bytes:
        """Wrap a small secret under the current key, for one purpose."""
    def open_secret(self, purpose: str, blob: bytes) -> bytes:
        """Open a wrapped secret. RecordCorrupt: changed, or for another purpose. KeyMissing."""
    def rewrap_secret(self, purpose: str, blob: bytes) -> bytes:
        """Move a wrapped secret under the current key."""
    @staticmethod
    def secret_kek_id(blob: bytes) -> str:
        """The key a wrapped secret needs; not authenticated."""
    def new_dek(self, batch_id: int, suite: str = "aes-256-gcm") -> bytes:
        """Make and keep the data key of a batch; wrapped.

        Suites: aes-256-gcm, xchacha20-poly1305, sm4-gcm."""
    def load_dek(self, batch_id: int, wrapped: bytes) -> None:
        """Unwrap and keep the data key of a batch. Idempotent. RecordCorrupt, KeyMissing."""
    def has_dek(self, batch_id: int) -> bool:
        """Whether the data key of a batch is loaded."""
    def drop_dek(self, batch_id: int) -> bool:
        """Forget and wipe the data key of a batch; False when it is not loaded."""
    def rewrap_dek(self, batch_id: int, wrapped: bytes) -> bytes:
        """Move a wrapped data key under the current key; records stay as they are."""
    @staticmethod
    def dek_kek_id(wrapped: bytes) -> str:
        """The key-encryption key a wrapped data key needs; not authenticated."""
    def seal_records(
        self, pool_id: int, batch_id: int, seq_lo: int, plaintexts: Sequence[bytes]
    ) -> list[bytes]:
        """Seal the records of seq_lo onwards. KeyMissing: the batch's key is not loaded.

        A plaintext is compact JSON, {"code":…,"pin":…,"url":…,"expires_at":…}, without the
        members that are absent."""
    def open_record(self, pool_id: int, batch_id: int, seq: int, record: bytes) -> bytes:
        """Open one sealed record for an operator; the caller writes the audit row."""
    def check_records(self, pool_id: int, seq_lo: int, records: Sequence[bytes]) -> list[int]:
        """Indices of the published records that do not open: bit rot or moved rows.

        KeyMissing: a record's data key is not loaded, which says nothing about the record."""
    def check_packed(self, pool_id: int, seq_lo: int, packed: bytes) -> list[int]:
        """As `check_records`, of records in one piece (see `Allocator.publish_packed`)."""
    def fingerprints(self, codes: Sequence[str | bytes]) -> bytes:
        """16 bytes per code, concatenated. The same in every pool, and after every rotation."""

@final
class KeyRing:
    """The partner keys this process checks requests and seals codes with."""

    def __new__(cls) -> Self: ...
    def put(self, key_id: str, signing_blob: bytes, delivery_blob: bytes, vault: Vault) -> None:
        """Unwrap a key's secrets and hold them, instead of former ones of that id."""
    def remove(self, key_id: str) -> bool:
        """Forget a key at once; False when it is not held."""
    def __contains__(self, key_id: str, /) -> bool: ...
    def __len__(self) -> int: ...
    def verify(
        self,
        key_id: str,
        method: str,
        target: str | bytes,
        timestamp: str,
        nonce: str,
        body: bytes,
        signature_header: str,
    ) -> bool:
        """Whether the header signs the request (api.md, Authentication). Constant time.

        Unknown ids and wrong signatures are alike; text that is not UTF-8 is just wrong."""

    def sign_text(self, key_id: str, text: str) -> str | None:
        """Lower-case hex of HMAC-SHA256 of the text with the key's secret; None: no such key."""
    def verify_text(self, key_id: str, text: str, mac: str) -> bool:
        """Whether `mac` is that. Constant time; unknown ids and wrong ones are alike."""

def new_partner_secrets(vault: Vault, key_id: str) -> tuple[str, str, bytes, bytes]:
    """(secret qs_…, delivery key qd_…, signing blob, delivery blob) of a new key.

    The texts are shown once; the blobs are stored and open only for this key id."""

def seal_claimed(
    vault: Vault,
    keyring: KeyRing,
    allocator: Allocator,
    lines: Sequence[tuple[str, int, Sequence[tuple[int, int, int, int]]] | None],
) -> list[bytes | None]:
    """For each (key_id, pool_id, runs) the JSON array [{"jwe":"…"},…] of its codes.

    None: it was None, or the line cannot be sealed (its key was revoked meanwhile, a record does
    not open, the lease was forgotten); the others are not touched. `seal_rows` tells the reason."""

def seal_rows(
    vault: Vault,
    keyring: KeyRing,
    key_id: str,
    pool_id: int,
    rows: Sequence[tuple[int, bytes]],
) -> bytes:
    """The same array from (seq, published record) rows, for replays and reads.

    KeyMissing: no such partner key, or a data key is not loaded. RecordCorrupt."""

def open_jwe(delivery_key: str, jwe: str) -> bytes:
    """Open a JWE of ours with the qd_… key. RecordCorrupt: anything about it is not ours."""

def sign_request(
    secret: str,
    method: str,
    target: str | bytes,
    timestamp: str,
    nonce: str,
    body: bytes,
) -> str:
    """The signature header of a request, `v1=…`, for clients of ours: demo, bench, tests."""

def webhook_sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of a message (Standard Webhooks), `v1,…`; timestamp in seconds."""

def new_webhook_secret() -> str:
    """A fresh `whsec_…` of 32 bytes."""

def generate_codes(pattern: str, count: int, check: bool = False) -> list[bytes]:
    """`count` different random codes of a pattern: A letter (no I, O), 9 digit, # either (no 0, 1).

    `check` appends a check character (Luhn mod 34). ValueError: a bad pattern, or `count` is
    over half of its codes, or over 2^24."""

def pattern_space(pattern: str) -> int:
    """How many different codes a pattern has."""
