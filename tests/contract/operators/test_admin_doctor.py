"""What a running gateway says of its own machine."""

from tests.world.admin import Operator, in_force


async def test_its_own_port_is_well(admin: Operator) -> None:
    """It is where it answers. Seen red when the port was tried: `taken`."""
    await in_force(admin)
    told = (await admin.get("doctor")).json
    (port,) = (check for check in told["checks"] if check["name"] == "port")
    assert (port["ok"], port["fix"]) == (True, "")
    assert port["detail"].endswith(" is where this gateway answers")
