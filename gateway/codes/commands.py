"""`quangate codes`: codes into pools, and what became of them."""

from gateway.codes.desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Codes: import, generate, stats, batches, void.")
add_commands(app, DECLARED)
