"""What tests share: gateways, partners, shops, platforms, plays."""

from pathlib import Path

WORLD_FILES = Path(__file__).parent
