"""Entry point of `quangate` and of `python -m gateway`."""

import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    forget_working_directory()
    from gateway.command_line import run

    sys.exit(run(sys.argv[1:]))


def forget_working_directory() -> None:
    """Import nothing from where we happen to be run: this process may hold the keys.

    `python -m` puts the current directory before everything, and so does an empty part of
    PYTHONPATH. The directory this package itself is run from stays: a checkout's own.
    """
    try:
        here = os.getcwd()
    except OSError:
        return  # it was removed: nothing can be imported from it
    if here == os.path.dirname(os.path.dirname(os.path.abspath(__file__))):
        return
    standard = os.path.dirname(os.__file__)
    before = sys.path.index(standard) if standard in sys.path else 0
    sys.path[:before] = [p for p in sys.path[:before] if os.path.realpath(p or here) != here]


if __name__ == "__main__":
    main()
