"""`quangate price`: what one costs."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.prices.desk import DECLARED

app = room("Prices with conditions, and floors below them.")
add_commands(app, DECLARED)
