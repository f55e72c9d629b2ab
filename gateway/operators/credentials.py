"""What somebody shows to be an operator, held against what is kept of him; codes are used once."""

from dataclasses import dataclass
from typing import TypeAlias

from gateway.ground.desk.port import Secrecy, Transaction
from gateway.operators.administer import totp_purpose
from gateway.operators.administration import SQL, Credentials
from gateway.operators.one_time_code import normal, step_of
from gateway.operators.secrets_shown import digest

Kept: TypeAlias = Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What came of a code: whether it was good, and of which kind. It is spent either way."""

    is_good: bool
    is_recovery: bool = False


async def hold(db: Transaction, name: str) -> Credentials | None:
    """What is kept of somebody, with his row locked to the end of the transaction."""
    return await SQL.hold_credentials.one(db, name)


async def spend_code(
    db: Transaction, secrecy: Secrecy, name: str, kept: Credentials, code: str, *, recovery: bool
) -> Shown:
    """Use a one-time code up, or a recovery code where one will do. Once, whoever else tries."""
    code = normal(code)
    secret = secrecy.open(totp_purpose(name), kept["totp_secret"]).decode()
    step = step_of(secret, code, kept["now_s"])
    if step is not None:
        return Shown(is_good=await SQL.spend_step.one(db, kept["id"], step) is not None)
    if not recovery:
        return Shown(is_good=False)
    found = await SQL.spend_recovery_code.one(db, kept["id"], digest(code))
    return Shown(is_good=found is not None, is_recovery=found is not None)
