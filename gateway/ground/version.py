"""The program's version: said here, since it also runs where it is not installed."""

from typing import Final

VERSION: Final = "0.1.0"  # as pyproject.toml has it
