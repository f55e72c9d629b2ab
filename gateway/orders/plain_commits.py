"""Whether a commit is tried as a plain one: to try in vain costs more than there is to save."""

from typing import Final

PAUSE_MAX: Final = 63


class PlainCommits:
    """Of one connection. Each try that fails makes the pause before the next twice as long."""

    def __init__(self) -> None:
        self._pause = 0
        self._left = 0  # commits that are not tried

    def is_worth_trying(self) -> bool:
        """Of the next commit; unless `was_plain` is said of it, it was not."""
        if self._left:
            self._left -= 1
            return False
        self._left = self._pause = min(2 * self._pause + 1, PAUSE_MAX)
        return True

    def was_plain(self) -> None:
        """The commit that was tried last."""
        self._left = self._pause = 0
