"""`quangate sku`: what is sold, and what it costs."""

from gateway.catalog.sku_desk import DECLARED as OF_THE_CATALOG
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.prices.sku_desk import DECLARED

app = room("What is sold.")
add_commands(app, (*OF_THE_CATALOG, *DECLARED))
