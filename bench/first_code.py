"""How long a stranger waits for the first code by /docs, in each language of its quick start.

`python -m bench.first_code [LANGUAGE …]` starts a gateway, has its operator make a partner and a
key of the sandbox, fetches the page, and does in a directory and environment of their own what it
says: saves the program under the name given, exports the variables, types the line. In the clock:
everything from fetching the page to the opened code, packages that are fetched and compilers'
first runs with it; not installing a language, and nobody's reading, copying or typing. Prints one
JSON object: seconds and processor seconds by language (`typed`: characters of the program and of
the lines), and `missing`, what is not on this machine.
"""

import argparse
import asyncio
import html
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from bench.servers import gateway_server

LIMIT_S: Final = 300.0
FIGURES: Final = re.compile(
    r'<p class="run">.*?<code>([\w.]+)</code><br><code data-run="quickstart">(.*?)</code>.*?'
    r'<code class="language-(\w+)">(.*?)</code>',
    re.DOTALL,
)


def shown(url: str) -> dict[str, tuple[str, str, str]]:
    """The quick start's programs by language: file, line, program."""
    with urlopen(f"{url}/docs?lang=en", timeout=LIMIT_S) as page:
        text = page.read().decode()
    return {
        language: (file, html.unescape(line), html.unescape(program))
        for file, line, language, program in FIGURES.findall(text)
    }


def said(key: Mapping[str, str], url: str, number: str) -> str:
    """The page's exports, filled in."""
    given = {
        "URL": url, "KEY": key["key_id"], "SECRET": key["secret"],
        "DELIVERY_KEY": key["delivery_key"], "SKU": "sandbox:code", "OUT_NO": number,
    }  # fmt: skip
    return "\n".join(f"export QUANGATE_{name}='{value}'" for name, value in given.items())


def fresh(language: str, place: Path) -> dict[str, str]:
    """The environment of somebody who has never done it: no cache, no package, no key."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUANGATE_")}
    home = {"HOME": str(place), "GOCACHE": str(place / "go-cache"), "PIP_NO_CACHE_DIR": "1"}
    if language == "python":
        subprocess.run([sys.executable, "-m", "venv", str(place / "venv")], check=True)
        home["PATH"] = f"{place / 'venv' / 'bin'}:{os.environ['PATH']}"
    return {**kept, **home}


def first_code(language: str, key: Mapping[str, str], url: str, place: Path) -> dict[str, Any]:
    """One language, from the page to the code."""
    environment = fresh(language, place)
    began, worked = time.perf_counter(), _worked()
    file, line, program = shown(url)[language]
    (place / file).write_text(program, encoding="utf-8")
    typed = f"{said(key, url, f'first-{language}')}\n{line}\n"
    done = subprocess.run(
        ["/bin/sh", "-ec", typed], cwd=place, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    seconds, worked = time.perf_counter() - began, _worked() - worked
    last = (done.stdout.splitlines() or [""])[-1]
    if done.returncode or not last.startswith("SANDBOX-"):
        return {"seconds": None, "said": done.stderr[-400:]}
    return {
        "seconds": round(seconds, 1), "cpu_s": round(worked, 1), "line": line,
        "typed": len(program) + len(typed),
    }  # fmt: skip


def _worked() -> float:
    """Processor time of all that was run and is over, seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def measure(wanted: list[str]) -> dict[str, Any]:
    """All that are asked for, one after another."""
    with tempfile.TemporaryDirectory(prefix="quangate-first-code-") as name:
        work = Path(name)
        async with gateway_server(work / "data", work / "gateway.log") as server:
            url = f"http://127.0.0.1:{server.port}"
            key = await asyncio.to_thread(_operator, work / "data")
            found: dict[str, Any] = {}
            missing = []
            for language, (_, line, _) in (await asyncio.to_thread(shown, url)).items():
                if wanted and language not in wanted:
                    continue
                if shutil.which(line.rpartition("&& ")[2].split()[0]) is None:
                    missing.append(language)
                    continue
                place = work / language
                place.mkdir()
                found[language] = await asyncio.to_thread(first_code, language, key, url, place)
            return {"languages": found, "missing": missing, "target_s": LIMIT_S}


def _operator(data: Path) -> dict[str, str]:
    """A partner, and the key that the page has its reader ask for."""
    quangate = [sys.executable, "-m", "gateway"]
    at = ["--data", str(data), "--json"]
    subprocess.run([*quangate, "partner", "create", "you", *at], check=True, capture_output=True)
    made = subprocess.run(
        [*quangate, "key", "create", "you", "--sandbox", *at], check=True, capture_output=True
    )
    key: dict[str, str] = json.loads(made.stdout)
    return key


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.first_code", description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE")
    result = asyncio.run(measure(parser.parse_args().languages))
    print(json.dumps(result, indent=1))
    times = [one["seconds"] for one in result["languages"].values()]
    return 0 if times and all(one is not None and one <= LIMIT_S for one in times) else 1


if __name__ == "__main__":
    sys.exit(main())
