"""`quangate case`: what partners want done about orders."""

from gateway.cases import desk, rule_desk
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("After-sales: cases of orders, and the rules that decide some.")
add_commands(app, [*desk.DECLARED, *rule_desk.DECLARED])
