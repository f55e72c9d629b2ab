"""Sessions of the portal begin: of a key that signed, or of a person of a partner."""

import secrets

from gateway.ground.desk.action import Change
from gateway.ground.desk.gate import Way
from gateway.ground.desk.perform import write_down
from gateway.ground.desk.port import At, Transaction
from gateway.ground.desk.rest.place import Place
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked
from gateway.sessions.portal_known import STARTED
from gateway.sessions.portal_sessions import SQL
from gateway.sessions.rules import counted_address
from gateway.sessions.sign_in import hash_of, new_shown


async def begin_by_key(place: Place, key_id: str, request: Asked) -> str:
    """What the browser shows of whoever has signed with a key. Raises ProblemError."""
    async with place.statements() as db:
        partner_id = await SQL.partner_of_key.one(db, key_id)
        if partner_id is None:  # revoked while it came
            raise ProblemError("unauthenticated", "The request could not be authenticated.")
        return await _begin(db, request, actor=key_id, partner_id=partner_id, key_id=key_id)


async def begin_as_person(
    at: At, name: str, operator_id: int, partner: int | None, request: Asked
) -> str:
    """What the browser shows of a person of a partner."""
    assert partner is not None
    return await _begin(
        at.db, request, actor=name, partner_id=partner, operator_id=operator_id
    )  # fmt: skip


async def _begin(
    db: Transaction,
    request: Asked,
    *,
    actor: str,
    partner_id: int,
    key_id: str | None = None,
    operator_id: int | None = None,
) -> str:
    session_id, shown = f"pse_{secrets.token_hex(8)}", new_shown()
    client = None if request.client is None else str(request.client)
    await SQL.insert_session.run(
        db, session_id, partner_id, key_id, operator_id, hash_of(shown), counted_address(client)
    )
    how = {"via": Way.PORTAL.value, "session": session_id, "request_id": request.id}
    change = Change(actor=actor, whence=client or "unknown", how=how)
    await write_down(db, change, STARTED, session_id, given={}, after={"partner": str(partner_id)})
    return shown
