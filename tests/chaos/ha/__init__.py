"""Three PostgreSQL under Patroni and etcd on this machine, and what becomes of orders on them."""

import sys


def tell(text: str) -> None:
    """A line for whoever looks on; the result alone is on stdout."""
    sys.stderr.write(f"ha: {text}\n")
    sys.stderr.flush()
