"""A test that fails is named when it fails, so a run that is cut short tells what was red.

pytest itself names failures at the end alone; the whole story still stands there.
"""

import pytest


def tell_at_once(config: pytest.Config) -> None:
    """Where tests are reported: with xdist that is the process that hands them out."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ToldAtOnce(config), "told-at-once")


class ToldAtOnce:
    """One line for each failure, with what was said last."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Name it, below the dots."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if not report.failed or terminal is None:
            return
        terminal.write_line("")  # what stands there are dots
        terminal.write_line(f"RED {report.nodeid} ({report.when}): {_reason(report)}", red=True)
        terminal.flush()


def _reason(report: pytest.TestReport) -> str:
    """The first line of what stood in the way."""
    crash = getattr(report.longrepr, "reprcrash", None)
    said = str(report.longrepr if crash is None else crash.message).strip()
    return said.splitlines()[0] if said else ""
