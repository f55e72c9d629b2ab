"""Who comes in at `/admin`, and what he may: admin.md, "Doors" and "Roles"."""

from collections.abc import Mapping

import httpx
import pytest
from openapi_spec_validator import validate

from gateway.ground.desk.all_declared import known_permissions
from gateway.ground.desk.route import route_of
from gateway.nouns import DECLARED
from gateway.operators.roles import ROLES, shipped
from tests.conftest import Cli
from tests.world.admin import Operator, in_force, make_operator, until

HELD = shipped(known_permissions())
UNKNOWN = {"no-such-member": 1}


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer qat_", "Bearer qat_" + "x" * 43, "Basic cm9vdDpyb290",
        "qat_" + "x" * 43, "Bearer " + "y" * 5000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/admin/v1/partners", "/admin/v1/me", "/admin/openapi.json"])
async def test_without_a_token_nobody_comes_in(
    client: httpx.AsyncClient, path: str, header: str | None
) -> None:
    """401 with the same body, and how to come in; also where there is nothing."""
    headers = {} if header is None else {"Authorization": header}
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"
    nowhere = await client.get("/admin/v1/nowhere", headers=headers)
    assert nowhere.status_code == 401
    assert {**nowhere.json(), "trace_id": ""} == {**answer.json(), "trace_id": ""}


async def test_a_cookie_opens_nothing(client: httpx.AsyncClient, admin_token: str) -> None:
    """Bearer tokens only."""
    answer = await client.get("/admin/v1/me", headers={"Cookie": f"__Host-session={admin_token}"})
    assert answer.status_code == 401


async def test_me_says_who_one_is(admin: Operator, client: httpx.AsyncClient, command: Cli) -> None:
    """Without any permission, too."""
    me = (await in_force(admin)).json
    assert (me["operator"], me["person"], me["roles"]) == ("root", "root", ["admin"])
    assert set(me["permissions"]) == known_permissions()
    command("role", "create", "nothing", "--json")
    nobody = Operator(client, make_operator(command, "nobody", "nothing"))
    answer = await in_force(nobody)
    assert answer.json["permissions"] == []
    assert (await nobody.get("/admin/openapi.json")).status == 200
    assert (await nobody.get("partners")).json["permission"] == "partners:read"


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_at_every_route(
    role: str, client: httpx.AsyncClient, tokens: Mapping[str, str], admin_token: str
) -> None:
    """403 that names the permission where the role has it not, before body and row are looked at;
    where it has, the body is looked at: 400 for a member that nobody knows.

    Seen red without `caller.require`.
    """
    somebody = Operator(client, {**tokens, "admin": admin_token}[role])
    await in_force(somebody)
    holes = []
    for one in DECLARED:
        where = route_of(one)
        path = where.path.format_map(dict.fromkeys(where.named, "nothing"))
        if where.method == "GET":
            answer = await somebody.get(path, **{"no-such-member": "1"})
        else:
            answer = await somebody.post(path, UNKNOWN)
        may = one.permission in HELD[role]
        expected = (400, None) if may else (403, one.permission)
        if (answer.status, answer.json.get("permission")) != expected:
            holes.append((where, answer.status, answer.json))
    assert holes == []


async def test_nothing_else_is_there(admin: Operator, client: httpx.AsyncClient) -> None:
    """404, and 405 for a method that is none."""
    assert (await admin.get("nowhere")).status == 404
    assert (await admin.post("me", {})).status == 405
    assert (await client.put("/admin/v1/partners")).status_code == 405


async def test_the_document_describes_all_of_it(admin: Operator) -> None:
    """OpenAPI 3.1, valid, each route once with its permission."""
    document = (await admin.get("/admin/openapi.json")).json
    validate(document)
    for one in DECLARED:
        where = route_of(one)
        described = document["paths"][f"/admin/v1/{where.path}"][where.method.lower()]
        assert described["x-permission"] == one.permission
    partners = (await admin.get("/openapi.json")).json
    assert not [path for path in partners["paths"] if path.startswith("/admin")]


@pytest.mark.parametrize("how", ["revoked", "disabled", "role taken away"])
async def test_who_is_refused_is_refused_within_a_second(
    client: httpx.AsyncClient, command: Cli, how: str
) -> None:
    """Everywhere, without a restart. Seen red without the triggers `announce`."""
    name = how.partition(" ")[0]
    command("operator", "create", name, "--role", "stock", "--json")
    made = command("operator", "token", "create", name, "--label", "x", "--json").json
    somebody = Operator(client, made["token"])
    await in_force(somebody)
    assert (await somebody.post("pools", UNKNOWN)).status == 400
    if how == "revoked":
        command("operator", "token", "revoke", made["token_id"])
    elif how == "disabled":
        command("operator", "disable", name)
    else:
        command("operator", "roles", name, "--add", "viewer", "--remove", "stock")
    expected = 403 if how == "role taken away" else 401
    await until(lambda: somebody.post("pools", UNKNOWN), expected)
