"""`quangate operator`: people who run the shop, their tokens and passkeys."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.operators import desk, passkey_desk, token_desk

app = room("People who run the shop.")
add_commands(app, [*desk.DECLARED, *token_desk.DECLARED, *passkey_desk.DECLARED])
