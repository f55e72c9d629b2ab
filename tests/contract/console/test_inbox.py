"""What waits for whoever looks, on one page, and the next case (admin.md, "Cases")."""

from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, browser, make_person


async def test_next_one_for_me(tab: Browser, gateway: Gateway, command: Cli) -> None:
    """A case that waits is taken by one press and is mine then; a request waits for the other.

    Seen red without the filter on `assigned_to`: somebody else had it in his list, too.
    """
    for words in (
        "partner create inboxer",
        "account deposit inboxer 100000 --reference first",
        "pool create inbox",
        "codes generate 3 --pool inbox --pattern INB-####-####",
        "sku create INBOX --name Inbox --kind code --pool inbox --price 1990",
    ):
        done = command(*words.split())
        assert done.returncode == 0, done.stderr
    placed = command(
        "order", "place", "--as", "inboxer", "--sku", "INBOX", "--out-no", "I-1",
        "--url", gateway.url, "--json",
    )  # fmt: skip
    opened = command(
        "case", "create", placed.json["order_no"], "--kind", "question", "--reason", "where is it"
    )
    assert opened.returncode == 0, opened.stderr
    sue, max_ = make_person(command, "in-sue", "support"), make_person(command, "in-max", "finance")
    page = await tab.sign_in(sue, "/console/inbox", code=sue.recovery_codes.pop())
    assert "Waiting: 1" in page.text
    taken = await tab.submit(page.form("/cases/next"))
    assert taken.status == 200
    page = await tab.get("/console/inbox")
    assert "where is it" in page.text
    assert "Waiting: 0" in page.text
    assert [path for path in page.links.values() if path.startswith("/console/cases/2")]
    asked = command("account", "adjust", "inboxer", "--amount=-1", "--reference", "x", "--reason",
                    "by mistake")  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    async with browser(gateway.url) as other:
        page = await other.sign_in(max_, "/console/inbox", code=max_.recovery_codes.pop())
        assert "by mistake" in page.text
        assert "where is it" not in page.text
