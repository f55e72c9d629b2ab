"""`quangate codes`: codes into pools, and what became of them."""

from gateway.codes import batch_desk, desk, release_desk
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Codes: import, generate, stats, batches, void, release.")
add_commands(app, [*desk.DECLARED, *batch_desk.DECLARED, *release_desk.DECLARED])
