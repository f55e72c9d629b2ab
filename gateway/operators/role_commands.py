"""`quangate role`: what people may do."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.operators.role_desk import DECLARED

app = room("What people may do.")
add_commands(app, DECLARED)
