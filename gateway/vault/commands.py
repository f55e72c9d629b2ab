"""`quangate keys`: the key file. (`quangate key` is about partners' API keys.)"""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.vault.desk import DECLARED

app = room("The key file: the keys that encrypt every other key.")
add_commands(app, DECLARED)
