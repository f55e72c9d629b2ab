"""What is done at the console: forms, refusals, a second person, a one-time code (admin.md)."""

from collections.abc import Mapping

from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Person, browser


async def test_made_seen_changed(tab: Browser, admin: Person, command: Cli) -> None:
    """A form makes it, a list and a page show it, and the log says by which session."""
    page = await tab.sign_in(admin, "/console/partners")
    form = (await tab.get(page.links["Create"])).act
    made = await tab.submit(form, partner="acme")
    assert made.status == 201
    assert (await tab.get("/console/partners")).links["acme"] == "/console/partners/acme"
    shown = await tab.get("/console/partners/acme")
    assert (shown.status, "0.00 CNY" in shown.text) == (200, True)
    change = command("change", "list", "--subject", "acme", "--json").json["changes"][0]
    assert (change["action"], change["actor"], change["via"]) == (
        "partner.create", admin.name, "console",
    )  # fmt: skip
    assert change["session"].startswith("ses_")
    again = await tab.submit((await tab.get("/console/partners/create")).act, partner="acme")
    assert (again.status, "acme" in str(again.act.fields)) == (409, True)


async def test_one_form_is_done_once(tab: Browser, admin: Person, command: Cli) -> None:
    """Sent twice it is answered twice. Seen red without the key."""
    command("partner", "create", "twice")
    page = await tab.sign_in(admin, "/console/accounts/twice/deposit")
    sent = {**page.act.fields, "amount": "5000", "reference": "bank-1"}
    answers = [await tab.post(page.act.action, sent) for _ in range(2)]
    assert [a.status for a in answers] == [200, 200]
    assert "This was done before" in answers[1].text
    other = await tab.post(page.act.action, {**sent, "amount": "6000"})
    assert other.status == 409
    assert command("account", "show", "twice", "--json").json["balance"] == 5000


async def test_somebody_changed_it_meanwhile(tab: Browser, admin: Person, command: Cli) -> None:
    """The form of an older version is refused and comes back with what was typed.

    Seen red without `version` in the form.
    """
    command("partner", "create", "moved")
    page = await tab.sign_in(admin, "/console/partners/moved/change")
    command("partner", "change", "moved", "--zone", "Asia/Tokyo")
    refused = await tab.submit(page.act, zone="Asia/Shanghai")
    assert (refused.status, refused.act.fields["zone"]) == (412, "Asia/Shanghai")
    assert (await tab.submit(refused.act)).status == 200


async def test_what_is_wrong_is_told_at_its_field(tab: Browser, admin: Person) -> None:
    """With what was typed still there; what is unknown is refused."""
    page = await tab.sign_in(admin, "/console/skus/create")
    typed = {"sku": "A", "name": "月卡", "kind": "code", "price": "many"}
    wrong = await tab.submit(page.act, **typed)
    assert wrong.status == 400
    assert wrong.act.kinds["price"].get("aria-invalid") == "true"
    assert wrong.act.fields["name"] == "月卡"
    odd = await tab.post(page.act.action, {**page.act.fields, **typed, "price": "1", "odd": "1"})
    assert odd.status == 400
    nul = await tab.submit(page.act, sku="A\0", name="x", kind="code", price="1")
    assert nul.status == 400


async def test_markup_and_formulas_of_others(tab: Browser, admin: Person, command: Cli) -> None:
    """What somebody else wrote is shown, and not run, on pages and in files."""
    bad = "=<script>alert(1)</script>\"'"
    command("pool", "create", "p")
    made = command(
        "sku", "create", "BAD", "--name", bad, "--kind", "code", "--pool", "p", "--price", "1"
    )
    assert made.returncode == 0, made.stderr
    page = await tab.sign_in(admin, "/console/skus")
    for path in ("/console/skus", "/console/skus/BAD", "/console/changes"):
        page = await tab.get(path)
        assert page.status == 200
        assert "<script>alert" not in page.answer.text
    listed = await tab.get("/console/skus")
    file = await tab.client.get(listed.links["As a CSV file"])
    assert file.headers["Content-Disposition"] == 'attachment; filename="skus.csv"'
    assert ",\"'=<script>" in file.text
    xls = await tab.get("/console/skus?format=xls")
    assert (xls.status, "/format must be one of: csv" in xls.text) == (400, True)
    assert (await tab.get("/console/inbox?format=csv")).status == 400
    odd = await tab.get("/console/skus?%3Cscript%3E=1")
    assert (odd.status, "<script>=" in odd.answer.text) == (400, False)


async def test_a_second_person(
    tab: Browser, people: Mapping[str, Person], command: Cli, gateway: Gateway
) -> None:
    """202 says who may approve; he sees it at the head of each page; nobody decides his own."""
    command("partner", "create", "four-eyes")
    command("account", "deposit", "four-eyes", "1000", "--reference", "first")
    page = await tab.sign_in(people["finance"], "/console/accounts/four-eyes/adjust")
    waits = await tab.submit(page.act, amount="-500", reference="fix-1", reason="booked twice")
    assert (waits.status, people["admin"].name in waits.text) == (202, True)
    (number,) = [h for t, h in waits.links.items() if t.startswith("Request ")]
    own = await tab.get(f"{number}/approve")
    assert (await tab.submit(own.act, reason="my own")).status == 403
    async with browser(gateway.url) as other:
        page = await other.sign_in(people["admin"])
        assert "1 wait for you" in page.links
        form = (await other.get(f"{number}/approve")).act
        assert (await other.submit(form)).status == 400  # why is wanted
        assert (await other.submit(form, reason="looked at it")).status == 200
        assert "1 wait for you" not in (await other.get("/console")).links
        assert (await other.submit(form, reason="looked again")).status == 409
    assert command("account", "show", "four-eyes", "--json").json["balance"] == 500


async def test_stepping_up(tab: Browser, admin: Person, command: Cli) -> None:
    """Refused without a code; with one it is done under another cookie, and so for five minutes.

    Seen red with the old cookie still good.
    """
    command("partner", "create", "hooked")
    command("webhook", "set", "hooked", "https://shop.example/hook")
    page = await tab.sign_in(admin, "/console/partners/hooked/webhook/secret")
    before = dict(tab.client.cookies)
    fields = {n: v for n, v in page.act.fields.items() if n != "one_time_code"}
    without = await tab.post(page.act.action, fields)
    assert without.status == 403
    assert without.act.kinds["one_time_code"]["autocomplete"] == "one-time-code"
    wrong = await tab.submit(without.act, one_time_code="000000")
    assert (wrong.status, dict(tab.client.cookies)) == (403, before)
    shown = await tab.submit(wrong.act, one_time_code=admin.code())
    assert (shown.status, "whsec_" in shown.text) == (200, True)
    assert shown.answer.headers["Cache-Control"] == "no-store"
    after = dict(tab.client.cookies)
    assert after != before
    again = await tab.get("/console/partners/hooked/webhook/secret")
    assert "one_time_code" not in again.act.kinds
    assert (await tab.submit(again.act)).status == 200
    tab.client.cookies.clear()
    tab.client.cookies.update(before)
    assert (await tab.client.get("/console")).status_code == 303


async def test_a_token_of_ones_own(tab: Browser, people: Mapping[str, Person]) -> None:
    """Anybody makes one for himself, after a code, and never more than he may; for others nobody
    who may not. Seen red without the comparison of names in `_wish`.
    """
    viewer = people["viewer"]
    page = await tab.sign_in(viewer, f"/console/tokens/create?operator={viewer.name}")
    made = await tab.submit(page.act, label="reports", one_time_code=viewer.code())
    assert (made.status, "qat_" in made.text) == (201, True)
    form = (await tab.get("/console/tokens/create")).act
    beyond = {"operator": viewer.name, "label": "x", "permission": "operators:create"}
    assert (await tab.submit(form, **beyond)).status == 400
    own = {"operator": viewer.name, "label": "x", "permission": "tokens:create"}
    assert (await tab.submit(form, **own)).status == 400
    for other in (people["admin"].name, people["support"].name):
        assert (await tab.submit(form, operator=other, label="x")).status == 403


async def test_both_languages(tab: Browser, admin: Person) -> None:
    """As the browser says; as chosen, from then on."""
    tab.language = "zh-CN,zh;q=0.9,en;q=0.5"
    page = await tab.sign_in(admin, "/console/partners")
    assert ("html", {"lang": "zh-CN"}) in page.tags
    english = await tab.get(page.links["English"])
    assert ("html", {"lang": "en"}) in english.tags
    assert ("html", {"lang": "en"}) in (await tab.get("/console/skus")).tags
