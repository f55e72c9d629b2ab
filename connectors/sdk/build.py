"""Builds each client as it is published, and holds that against the cases.

python -m connectors.sdk.build [python] [typescript] [go] [java]    (none: all; they go to dist/sdk)
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors.sdk.conformance.server import serve
from connectors.sdk.examples import ExampleError, check
from connectors.sdk.live import LiveError, running

SDK: Final = Path(__file__).parent
ROOT: Final = SDK.parents[1]
DIST: Final = ROOT / "dist" / "sdk"
WORK: Final = ROOT / "target" / "sdk"  # copies that are built in; the sources stay as they are
NIMBUS: Final = Path.home() / ".m2/repository/com/nimbusds/nimbus-jose-jwt"  # mvn put it there
# Whose partners the running gateway has.
RUNS: Final = ("python-waiting", "python-awaiting", "typescript", "go", "java")
# What a language needs, and what brings it.
TOOLS: Final[Mapping[str, Mapping[str, str]]] = {
    "python": {},
    "typescript": {"node": "Node ≥ 20: apt-get install nodejs npm", "npm": "apt-get install npm"},
    "go": {"go": "Go ≥ 1.23: apt-get install golang"},
    "java": {
        "javac": "JDK ≥ 17: apt-get install openjdk-17-jdk-headless",
        "mvn": "apt-get install maven",
    },
}


class BuildError(Exception):
    """A client cannot be built; says why."""


def run(*command: str, at: Path, **environment: str) -> None:
    """Run a command; what it says is shown. Raises BuildError."""
    try:
        subprocess.run(command, cwd=at, env={**os.environ, **environment}, check=True)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise BuildError(f"{' '.join(command)} failed with {error.returncode}") from None


def copied(language: str) -> Path:
    """A fresh copy of a client's sources."""
    place = WORK / language
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(SDK / language, place))


def cleared(language: str) -> Path:
    """Where a client's artefact goes."""
    place = DIST / language
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place


@contextmanager
def scripted() -> Iterator[dict[str, str]]:
    """A gateway that answers by a script, and where the cases are, as environment."""
    server = serve()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield {
            "QUANGATE_SCRIPTED": f"http://127.0.0.1:{server.server_address[1]}",
            "QUANGATE_CASES": str(SDK / "conformance"),
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def build_python() -> None:
    """A wheel, unpacked and tested."""
    source, place = copied("python"), cleared("python")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", str(place), str(source), at=ROOT)
    wheel = next(place.glob("quangate-*.whl"))
    unpacked = WORK / "python-wheel"
    shutil.rmtree(unpacked, ignore_errors=True)
    run(*pip, "install", "--no-deps", "--target", str(unpacked), str(wheel), at=ROOT)
    run(
        sys.executable, "-m", "pytest", "-q", "connectors/sdk/python/tests",
        at=ROOT, QUANGATE_SDK=str(unpacked),
    )  # fmt: skip


def build_typescript() -> None:
    """What `npm pack` makes, installed and tested."""
    source, place = copied("typescript"), cleared("typescript")
    run("npm", "ci", "--no-audit", "--no-fund", "--silent", at=source)
    run("npm", "run", "--silent", "build", at=source)
    run("npm", "pack", "--silent", "--pack-destination", str(place), at=source)
    packed = next(place.glob("quangate-*.tgz"))
    user = WORK / "typescript-user"
    shutil.rmtree(user, ignore_errors=True)
    user.mkdir()
    (user / "package.json").write_text('{"private": true, "type": "module"}\n')
    run("npm", "install", "--no-audit", "--no-fund", "--silent", str(packed), at=user)
    package = str(user / "node_modules" / "quangate")
    with scripted() as environment:
        run("node", "--test", "tests/", at=source, QUANGATE_SDK=package, **environment)
    check("typescript", "typescript", user, "node")


def build_go() -> None:
    """The module: what `go get` would fetch, vetted and tested."""
    source, place = copied("go"), cleared("go")
    run("go", "vet", "./...", at=source)
    with scripted() as environment:
        run("go", "test", "-count=1", "./...", at=source, **environment)
    for file in source.iterdir():
        if not file.name.endswith("_test.go"):
            shutil.copy(file, place)
    user = WORK / "go-user"
    shutil.rmtree(user, ignore_errors=True)
    user.mkdir()
    (user / "go.mod").write_text(
        f"module user\n\ngo 1.23\n\nrequire quangate v0.0.0\n\nreplace quangate => {place}\n"
    )
    check("go", "go", user, "go", "run")


def build_java() -> None:
    """The jar, tested as it is, and the document that says what it needs."""
    source, place = copied("java"), cleared("java")
    with scripted() as environment:
        run(
            "mvn", "--batch-mode", "--no-transfer-progress", "--quiet", "clean", "verify",
            at=source, **environment,
        )  # fmt: skip
    for file in (*(source / "target").glob("quangate-*.jar"), source / "pom.xml"):
        shutil.copy(file, place)
    jars = (*place.glob("quangate-*.jar"), *NIMBUS.glob("*/nimbus-jose-jwt-*.jar"))
    user = WORK / "java-user"
    user.mkdir(exist_ok=True)
    check("java", "java", user, "java", "--class-path", ":".join(map(str, jars)))


BUILDS: Final[Mapping[str, Callable[[], None]]] = {
    "python": build_python,
    "typescript": build_typescript,
    "go": build_go,
    "java": build_java,
}


def missing(languages: list[str]) -> list[str]:
    """What has to be installed first, in words."""
    return [
        f"{language} needs {tool}, which is missing ({how})"
        for language in languages
        for tool, how in TOOLS[language].items()
        if shutil.which(tool) is None
    ]


def main(languages: list[str]) -> int:
    """Build these, or all. What is missing is named before anything is done."""
    wanted = languages or list(BUILDS)
    wrong = [f"there is no client in {one}" for one in wanted if one not in BUILDS]
    wrong = wrong or missing(wanted)
    if wrong:
        sys.stderr.write("\n".join([*wrong, ""]))
        return 1
    try:
        with running([run for run in RUNS if run.partition("-")[0] in wanted]) as live:
            os.environ.update(live)
            for language in wanted:
                sys.stderr.write(f"== {language}\n")
                BUILDS[language]()
    except (BuildError, ExampleError, LiveError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
