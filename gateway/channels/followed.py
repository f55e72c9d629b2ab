"""What a house whose orders are followed is to those who follow them."""

from collections.abc import Sequence
from typing import Protocol

from connectors.channels.followed import Said, Wish
from gateway.channels.rules import ChannelAccount, ChannelOrder


class FollowedHouse(Protocol):
    """One protocol. Everything may be asked again: what was done before is done."""

    async def fetch(self, account: ChannelAccount) -> Sequence[Wish]:
        """The orders that wait there, as far as it answers; none where they are pushed."""

    async def look(self, account: ChannelAccount, wish: Wish, *, begun: bool) -> Wish | Said:
        """The order read again; or why nothing is to be done with it: DONE, it is nobody's any
        more; REFUSED, a person has to look. `begun`: we may have taken it over already."""

    async def take(self, account: ChannelAccount, wish: Wish) -> Said:
        """Tell the house that the order is ours, before anything is done."""

    async def deliver(self, account: ChannelAccount, wish: Wish, order: ChannelOrder) -> Said:
        """Tell the house that everything was delivered, with codes if it is codes."""

    async def give_up(self, account: ChannelAccount, wish: Wish) -> Said:
        """Tell the house that nothing was, or will be."""
