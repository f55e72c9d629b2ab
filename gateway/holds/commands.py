"""`quangate hold`: goods reserved for a while."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.holds.desk import DECLARED

app = room("Goods reserved for a while.")
add_commands(app, DECLARED)
