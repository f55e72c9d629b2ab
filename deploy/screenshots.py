"""Draws the console: `python deploy/screenshots.py [DIR]` starts a shop and photographs it.

The shop is that of `quangate demo --console`; the browser is Debian's chromium. Three pictures go
to `deploy/screenshots`: the overview, an order's life, the inbox. Needs `apt-get install chromium`.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).parent / "screenshots"
BROWSERS = ("chromium", "chromium-browser")
SIZE = {"width": 1280, "height": 860}
BYTES_MAX = 200_000


async def main(directory: Path) -> None:
    """Everything, from an empty shop to three files."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("there is no chromium: apt-get install chromium")
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "demo", "--console", "--json",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert demo.stdout is not None
    try:
        shop = json.loads(await demo.stdout.readline())
        if "console" not in shop:
            sys.exit(f"the demo did not open: {shop}")
        await photograph(shop, program, directory)
    finally:
        if demo.returncode is None:
            demo.send_signal(signal.SIGINT)
        await demo.wait()


async def photograph(shop: Mapping[str, Any], program: str, directory: Path) -> None:
    """The three pages, as the admin sees them."""
    from playwright.async_api import async_playwright

    flags = ["--no-sandbox", "--hide-scrollbars"] if os.geteuid() == 0 else ["--hide-scrollbars"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=flags)
        page = await browser.new_page(viewport=SIZE, locale="en-GB", timezone_id="Asia/Shanghai")
        page.set_default_timeout(120_000)
        await sign_in(page, shop)
        await take(page, directory / "overview.png")
        await page.goto(await an_order(page, shop["console"]))
        await take(page, directory / "order.png")
        await page.goto(f"{shop['console']}/inbox")
        await take(page, directory / "inbox.png")
        await browser.close()


async def sign_in(page: Any, shop: Mapping[str, Any]) -> None:
    """As the admin, with a recovery code."""
    admin = next(one for one in shop["operators"] if one["role"] == "admin")
    await page.goto(f"{shop['console']}?lang=en")
    await page.fill("[autocomplete=username]", admin["operator"])
    await page.fill("[autocomplete=current-password]", admin["password"])
    await page.fill("[autocomplete=one-time-code]", admin["recovery_codes"][0])
    await page.click("main button")
    await page.wait_for_selector("form[action='/console/sign-out']")


async def an_order(page: Any, console: str) -> str:
    """The address of the newest order that somebody reissued: it has the longest life."""
    await page.goto(f"{console}/cases?kind=reissue&state=resolved")
    link = page.locator("main tbody a[href^='/console/orders/']").first
    return str(await link.evaluate("one => one.href"))


async def take(page: Any, file: Path) -> None:
    """A picture, small enough to lie in the repository."""
    await page.wait_for_load_state("networkidle")
    picture: bytes = await page.screenshot(path=file)
    sys.stderr.write(f"{file}: {len(picture):,} bytes\n")
    if len(picture) > BYTES_MAX:
        sys.exit(f"{file} has more than {BYTES_MAX:,} bytes")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES))
