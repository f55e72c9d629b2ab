"""Complaining to an upstream: so rarely is it done that an account is opened for each."""

import json
from collections.abc import Sequence
from typing import Protocol

from connectors.complaint import Complaint
from connectors.egress import open_account
from connectors.upstream import Upstream
from gateway.dispatch.job import UpstreamSettings
from gateway.ground.native import Vault


class HasUpstreams(Protocol):
    """See store.AttemptStore."""

    async def upstreams(self) -> Sequence[UpstreamSettings]: ...


class Complaints:
    """To all upstreams that there are."""

    def __init__(self, upstreams: HasUpstreams, vault: Vault) -> None:
        self._upstreams = upstreams
        self._vault = vault

    async def complain(self, upstream: str, complaint: Complaint) -> bool | None:
        """Whether the platform took it; None: it takes none. Raises what calls to it raise."""
        found = [one for one in await self._upstreams.upstreams() if one.name == upstream]
        if not found:
            return None
        values = json.loads(self._vault.open_secret("upstream", found[0].settings))
        connector, transport = open_account(found[0].connector, found[0].base_url, values)
        try:
            return await Upstream(connector=connector, transport=transport).complain(complaint)
        finally:
            await transport.close()
