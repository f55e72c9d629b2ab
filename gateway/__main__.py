"""Entry point of `quangate` and of `python -m gateway`."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from gateway.cli.root import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
