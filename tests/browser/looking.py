"""Looking at pages: by axe, in both schemes, and whether they fit on a small screen."""

import re
from collections.abc import Sequence
from typing import Any

SCHEMES: Any = (("light", {}), ("dark", {"runOnly": ["color-contrast"]}))  # all else is the same
NAMES = re.compile(r"/[^/]*[0-9A-Z_][^/]*")  # of things: paths of ours are in small letters


async def look_at_all(page: Any, url: str, paths: Sequence[str], most: int) -> list[str]:
    """What is wrong with these pages and those they lead to, one of each kind, at most so many
    beyond those given; and that there were as many.
    """
    from axe_playwright_python.async_playwright import Axe

    known, found = list(paths), list[str]()
    for path in known:
        await page.goto(f"{url}{path}")
        found += [f"{path}: {each}" for each in await wrong_on(page, Axe())]
        if len(known) < most:
            root = path.split("/")[1]
            known += [link for link in await links_of(page, root) if is_new(link, known)]
    assert len(known) >= most
    return found


async def links_of(page: Any, root: str) -> list[str]:
    """Where a page leads below its root; neither files, nor another language."""
    hrefs = await page.eval_on_selector_all(
        f"a[href^='/{root}']", "all => all.map(a => a.getAttribute('href'))"
    )
    return [h for h in dict.fromkeys(hrefs) if not re.search(r"#|format=csv|lang=|/csv\b", h)]


def is_new(link: str, known: Sequence[str]) -> bool:
    """One of each kind is enough: forms and pages of the first thing of a noun."""
    return "?" not in link and NAMES.sub("/*", link) not in {NAMES.sub("/*", k) for k in known}


async def wrong_on(page: Any, axe: Any) -> list[str]:
    """What axe finds on the page that is open, and how much it is too wide for 320 px."""
    await page.set_viewport_size({"width": 320, "height": 700})
    over = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    found = [f"{over} px too wide"] if over > 0 else []
    await page.set_viewport_size({"width": 1400, "height": 900})
    for scheme, options in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        told = await axe.run(page, options=options)
        found += [f"{scheme}: {each['id']}" for each in told.response["violations"]]
    return found
