"""A file is sent from a page without JavaScript, and followed there (admin.md, "The console")."""

import pytest

from gateway.codes.pages import again, share_of
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Page, Person, make_person
from tests.world.partner import eventually

PAGE = b"<html>" + b"<p>not codes</p>\n" * 50
LINES = b"code,pin\nIMP-0001-7F3K,4711\nIMP-0002-9QXM,0815\nIMP-0001-7F3K,4711\n"


@pytest.fixture(scope="module")
def keeper(gateway: Gateway, command: Cli) -> Person:
    """Somebody of the stock, and a pool."""
    assert gateway.url
    assert command("pool", "create", "sent").returncode == 0
    return make_person(command, "keeper", "stock")


async def _send(tab: Browser, page: Page, name: str, body: bytes, **fields: str) -> Page:
    form = page.form("/codes/import")
    answer = await tab.client.post(
        form.action,
        data={**{n: v for n, v in form.fields.items() if n != "file"}, "pool": "sent", **fields},
        files={"file": (name, body)},
        headers={"Origin": tab.origin, "Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )
    return Page(answer)


async def test_tried_then_imported(tab: Browser, keeper: Person) -> None:
    """A dry run is what the form proposes; it tells, and leads on to the import itself."""
    page = await tab.sign_in(
        keeper, "/console/codes/import?pool=sent", code=keeper.recovery_codes.pop()
    )
    assert page.form("/codes/import").fields["pool"] == "sent"
    assert page.form("/codes/import").fields["dry_run"] == "true"
    tried = await _over(tab, await _send(tab, page, "codes.csv", LINES))
    assert "Nothing was written" in tried.text
    assert "2 would be imported" in tried.text
    assert "IMP-0001" not in tried.answer.text
    form = await tab.get(tried.links["Import it now; choose the file again"])
    assert "dry_run" not in form.form("/codes/import").fields
    done = await _over(tab, await _send(tab, form, "codes.csv", LINES))
    assert "2 imported" in done.text
    assert "0 were there before" in done.text
    assert "1 again within the file" in done.text
    assert done.links["sent"] == "/console/pools/sent"


async def test_what_failed_says_why(tab: Browser, keeper: Person) -> None:
    """On its page and in the list, in words. Seen red: a code, and JSON."""
    page = await tab.sign_in(keeper, "/console/codes/import", code=keeper.recovery_codes.pop())
    failed = await _over(tab, await _send(tab, page, "codes.csv", PAGE, dry_run="", yes="true"))
    assert "Nothing of it is on sale:" in failed.text
    assert "unreadable-file" not in failed.text
    said = failed.text.partition("Nothing of it is on sale: ")[2][:20]
    assert len(said.split()) > 1
    listed = await tab.get("/console/imports")
    assert said in listed.text
    assert '"detail"' not in listed.text


async def _over(tab: Browser, page: Page) -> Page:
    """The page of the import when it is over; before, it renews itself without JavaScript."""
    assert page.path.startswith("/console/imports/")

    found = page

    async def look() -> bool:
        nonlocal found
        found = await tab.get(page.path)
        under_way = "This page renews itself" in found.text
        renewed = ("meta", {"http-equiv": "refresh", "content": "2"}) in found.tags
        assert renewed == under_way
        return not under_way

    await eventually(look)
    return found


async def test_what_is_wrong_is_told_in_the_form(tab: Browser, keeper: Person) -> None:
    """An empty file, an unknown pool, a form of nobody's, one from elsewhere: nothing is taken."""
    page = await tab.sign_in(keeper, "/console/codes/import", code=keeper.recovery_codes.pop())
    empty = await _send(tab, page, "codes.csv", b"")
    assert (empty.status, empty.form("/codes/import").kinds["file"].get("aria-invalid")) == (
        400, "true",
    )  # fmt: skip
    assert (await _send(tab, page, "codes.csv", LINES, pool="nowhere")).status == 404
    forged = await _send(tab, page, "codes.csv", LINES, form_token="x")
    assert forged.status == 403
    tab.origin = "http://elsewhere.example"
    assert (await _send(tab, page, "codes.csv", LINES)).status == 403


def test_how_far() -> None:
    """What is under way is never whole; only a dry run that went well is done again."""
    assert [share_of(done, 10, "running") for done in (0, 5, 10)] == [0, 50, 99]
    assert share_of(0, 10, "done") == 100
    row = {"dry_run": True, "state": "done", "pool": "a b"}
    assert again(row, may=True) == "/console/codes/import?pool=a+b&dry_run="
    assert again(row, may=False) is None
    assert again({**row, "state": "failed"}, may=True) is None
