"""The tree of an earlier commit of this repository, with its native module.

The module is ours where core_rs is the same; else it is built, once, below `target/older`: a minute
or two, so tests do it only when they are asked to (QUANGATE_BUILD_OLDER=1; `make upgrade` does).
"""

import os
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Final

from tests.chaos.processes import ROOT

# The last commit before workers had a supervisor's sockets and nodes were counted.
BEFORE: Final = "8457ec3dfc67e439f6533c70939f1a75f63283a7"
PARTS: Final = ("gateway", "connectors", "core_rs", "Cargo.toml", "Cargo.lock")
MODULE: Final = Path("gateway/_core.abi3.so")
MAY_BUILD: Final = os.environ.get("QUANGATE_BUILD_OLDER") == "1"


class NoOlderTreeError(Exception):
    """Why there is none."""


def older_tree(directory: Path, commit: str = BEFORE) -> Path:
    """Its files below `directory`, ready to run. Raises NoOlderTreeError."""
    try:
        packed = _git("archive", commit, *PARTS)
    except (OSError, subprocess.CalledProcessError):
        raise NoOlderTreeError(f"this is no clone that has the commit {commit}") from None
    tree = directory / "older"
    with tarfile.open(fileobj=BytesIO(packed)) as files:
        files.extractall(tree, filter="data")
    shutil.copy(_module(tree, commit), tree / MODULE)
    return tree


def _module(tree: Path, commit: str) -> Path:
    theirs = _git("rev-parse", f"{commit}:core_rs").decode().strip()
    ours = _git("rev-parse", "HEAD:core_rs").decode().strip()
    if theirs == ours and not _git("status", "--porcelain", "--", "core_rs"):
        return ROOT / MODULE
    built = ROOT / "target" / "older" / f"{theirs}.so"
    if not built.exists():
        if not MAY_BUILD:
            raise NoOlderTreeError("core_rs has changed since: `make upgrade` builds the older one")
        into = ROOT / "target" / "older" / "build"
        subprocess.run(
            ["cargo", "build", "--release", "--locked", "--quiet", "-p", "quangate-py",
             "--features", "pyo3/extension-module", "--target-dir", str(into)],
            cwd=tree, check=True,
        )  # fmt: skip
        shutil.copy(into / "release" / "lib_core.so", built)
    return built


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout
