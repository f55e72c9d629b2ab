"""`make ha`: exit 0 only if nothing acknowledged was lost and nothing came twice."""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.ha import programs, tell
from tests.chaos.ha.cluster import Cluster
from tests.chaos.ha.drill import Result, drill
from tests.chaos.ha.shop import open_shop


def main() -> int:
    """Run it as the words say."""
    words = argparse.ArgumentParser(prog="make ha ARGS=…", description=__doc__)
    words.add_argument("--kills", type=int, default=20, help="how often the primary is killed (20)")
    words.add_argument("--seed", type=int, default=1, help="of what is bought (1)")
    words.add_argument("--json", action="store_true", help="print the result as JSON, last")
    words.add_argument("--keep", action="store_true", help="leave it running, until Ctrl-C")
    asked = words.parse_args()
    if asked.kills < 1:
        words.error("--kills is at least 1")
    # A directory that the servers' own user may pass, with a name short enough for sockets.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="quangate-ha-")))
    try:
        cluster.begin()
        if asked.keep:
            asyncio.run(_keep(cluster))
            return 0
        result = asyncio.run(drill(cluster, asked.kills, asked.seed))
    except programs.MissingError as error:
        tell(str(error))
        return 2
    finally:
        cluster.end()
    _tell(result, as_json=asked.json)
    return 0 if result.ok else 1


def _tell(result: Result, *, as_json: bool) -> None:
    for complaint in result.complaints[:20]:
        tell(complaint)
    shown = {name: value for name, value in asdict(result).items() if name != "complaints"}
    if as_json:
        _answer(json.dumps(shown))
        return
    back = sorted(result.back_s)
    _answer(
        f"{'ok' if result.ok else 'NOT ok'}: {result.kills} kills, {result.acknowledged} orders"
        f" acknowledged, {result.lost} lost, {result.doubled} doubled; orders again after"
        f" {back[len(back) // 2]} s at the median, {back[-1]} s at worst"
    )


def _answer(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _keep(cluster: Cluster) -> None:
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    async with open_shop(cluster) as shop:
        primary = await asyncio.to_thread(cluster.until_whole)
        told = {
            "gateways": list(shop.urls),
            "primary_pid": primary.postmaster,
            "data": str(shop.world.config.data),
        }
        _answer(json.dumps(told))
        await ending.wait()


if __name__ == "__main__":
    sys.exit(main())
