"""What the rules of the house are held against: every source file, by its language."""

from pathlib import Path

ROOT = Path(__file__).parents[3]
PYTHON = [
    path
    for room in ("gateway", "connectors", "bench", "deploy", "tests")
    for path in sorted((ROOT / room).rglob("*.py"))
]
RUST = sorted((ROOT / "core_rs").rglob("*.rs"))
MIGRATIONS = sorted((ROOT / "gateway/tables").glob("*.sql"))
SQL = [
    path
    for room in ("gateway", "tests")
    for path in sorted((ROOT / room).rglob("*.sql"))
    if path not in MIGRATIONS
]
# What has no suffix of its own, or only here: scripts and their like.
SCRIPT_NAMES = {"Makefile", "Dockerfile", "run"}
SCRIPT_SUFFIXES = {".sh", ".bash", ".lua", ".css", ".js", ".mjs", ".tpl", ".pyi"}
SCRIPTS = [
    ROOT / "Makefile",
    *(
        path
        for room in (".ci", "gateway", "connectors", "bench", "deploy", "tests")
        for path in sorted((ROOT / room).rglob("*"))
        if path.name in SCRIPT_NAMES
        or path.suffix in SCRIPT_SUFFIXES
        or path.name.endswith(".sh.txt")
    ),
]

# The clients that partners use: each in its own language, as it is published.
CLIENTS = [
    path
    for suffix in (".go", ".java", ".ts")
    for path in sorted((ROOT / "connectors/sdk").rglob(f"*{suffix}"))
    if not {"node_modules", "target", "dist"} & set(path.parts)
]


def relative(path: Path) -> str:
    """The path as a person names it."""
    return str(path.relative_to(ROOT))
