"""Opening, reading and withdrawing cases."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.contract.cases.conftest import Counter
from tests.world.shop import unique


async def test_a_number_opens_one_case(counter: Counter) -> None:
    """201, then 200 with the same; other content is a conflict, another number an open case."""
    order = await counter.order()
    body = {"kind": "question", "reason": "how is it used?", "out_case_no": unique("K")}
    path = f"/v1/orders/{order['order_no']}/cases"
    first = await counter.partner.send("POST", path, body)
    again = await counter.partner.send("POST", path, body)
    assert (first.status, again.status) == (201, 200)
    assert again.headers["Quangate-Replayed"] == "true"
    assert first.json == again.json
    assert (first.json["state"], first.json["outcome"]) == ("opened", None)
    assert first.json["order_no"] == order["order_no"]
    other = await counter.partner.send("POST", path, {**body, "reason": "how?"})
    assert other.problem == (409, "order-conflict")
    second = await counter.partner.send("POST", path, {**body, "out_case_no": unique("K")})
    assert second.problem == (409, "case-open")


async def test_many_at_once_open_one(counter: Counter) -> None:
    """Of fifty with numbers of their own one is opened."""
    order = await counter.order()
    answers = await asyncio.gather(*(counter.ask(order, "question") for _ in range(50)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 49


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "gift"}, "/kind"),
        ({"kind": "refund", "quantity": 0}, "/quantity"),
        ({"kind": "refund", "quantity": 2}, "/quantity"),
        ({"kind": "refund", "quantity": 1, "amount": 1}, "/amount"),
        ({"kind": "refund", "amount": 101}, "/amount"),
        ({"kind": "refund", "recipient": "13800138000"}, "/recipient"),
        ({"kind": "reissue", "amount": 5}, "/amount"),
        ({"kind": "reissue", "index": 1}, "/index"),
        ({"kind": "recipient"}, "/recipient"),
        ({"kind": "recipient", "recipient": "13800138000"}, "/kind"),
        ({"kind": "question", "reason": ""}, "/reason"),
        ({"kind": "question", "colour": "red"}, "/colour"),
        ({"kind": "question", "out_case_no": "a b"}, "/out_case_no"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_named(
    counter: Counter, body: dict[str, object], pointer: str
) -> None:
    """400 with the member that is wrong, and no case."""
    order = await counter.order()
    answer = await counter.ask(order, **body)  # type: ignore[arg-type]
    assert answer.problem == (400, "invalid-request")
    assert answer.json["errors"][0]["pointer"] == pointer
    assert (await counter.partner.get("/v1/cases")).json["data"] == []


async def test_cases_are_listed_and_withdrawn(counter: Counter) -> None:
    """Newest first; until it is decided it may be taken back, twice too; others see none of it."""
    first = await counter.opened(await counter.order(), "question")
    second = await counter.opened(await counter.order(), "question")
    rows = await counter.partner.everything("/v1/cases?limit=1")
    assert [row["case_no"] for row in rows] == [second, first]
    for _ in range(2):
        done = await counter.partner.send("POST", f"/v1/cases/{first}/withdraw")
        assert (done.status, done.json["state"]) == (200, "withdrawn")
    await counter.sue.post(f"cases/{second}/refuse", {"reason": "no use"})
    late = await counter.partner.send("POST", f"/v1/cases/{second}/withdraw")
    assert late.problem == (409, "not-cancellable")
    stranger = await counter.shop.partner()
    for path in (f"/v1/cases/{first}", "/v1/cases/7", "/v1/cases/x"):
        assert (await stranger.get(path)).problem == (404, "not-found")
    order = await counter.order()
    answer = await stranger.send(
        "POST", f"/v1/orders/{order['order_no']}/cases",
        {"kind": "question", "reason": "mine?", "out_case_no": "X"},
    )  # fmt: skip
    assert answer.problem == (404, "not-found")


async def test_a_pasted_code_is_masked(counter: Counter) -> None:
    """In the reason, the detail and a note, wherever it stands in them."""
    order = await counter.order()
    code = counter.partner.codes(order)[0]["code"]
    case_no = await counter.opened(
        order, "question", reason=f"{code} fails", detail=f"卡密：{code}，见图 ({code})."
    )
    await counter.sue.post(f"cases/{case_no}/note", {"text": f"tried {code}"})
    seen = [await counter.case(case_no), (await counter.sue.get(f"cases/{case_no}")).json]
    assert code not in str(seen)
    assert seen[0]["reason"] == "•••• fails"
    assert seen[0]["detail"] == "卡密：••••，见图 (••••)."


async def test_a_code_is_in_no_text_of_operators(counter: Counter) -> None:
    """Neither in what is decided nor told nor noted. Seen red when decisions were not masked."""
    order = await counter.order(codes=3, quantity=3)
    code = counter.partner.codes(order)[0]["code"]
    why = {"reason": f"{code} fails"}
    for kind in ("refund", "reissue", "question", "upstream"):
        made = await counter.sue.post(
            "cases", {"order_no": order["order_no"], "kind": kind, "detail": f"it is {code}", **why}
        )
        assert made.status == 201, made
        case_no = made.json["case_no"]
        noted = await counter.sue.post(f"cases/{case_no}/note", {"text": f"tried {code}", **why})
        assert noted.status == 200, noted
        assert (await counter.sue.post(f"cases/{case_no}/escalate", why)).status == 200
        more = {"keep_codes": f"not {code}"} if kind == "refund" else {}
        verb = {"reissue": "refuse", "question": "resolve"}.get(kind, "approve")
        done = await counter.sue.post(f"cases/{case_no}/{verb}", {**why, **more})
        assert done.status == 200, done
        if kind == "upstream":
            assert (await counter.sue.post(f"cases/{case_no}/resolve", why)).status == 200
        told = await counter.case(case_no)
        assert told["answer"] == "•••• fails"
        assert code not in str([told, (await counter.sue.get(f"cases/{case_no}")).json])


async def test_a_code_is_not_in_the_log_of_changes(counter: Counter) -> None:
    """Neither in what was given nor why. Seen red when both were there as they were written."""
    order = await counter.order(codes=1)
    code = counter.partner.codes(order)[0]["code"]
    why = {"reason": f"{code} fails"}
    body = {"order_no": order["order_no"], "kind": "refund", "detail": f"it is {code}", **why}
    case_no = (await counter.sue.post("cases", body)).json["case_no"]
    await counter.sue.post(f"cases/{case_no}/note", {"text": f"tried {code}", **why})
    await counter.sue.post(f"cases/{case_no}/approve", {"keep_codes": f"not {code}", **why})
    rows = (await counter.root.get("changes?limit=20")).json["data"]
    mine = {row["action"]: row for row in rows if row["subject"] == case_no}
    assert code not in str(rows)
    assert {row["reason"] for row in mine.values()} == {"•••• fails"}
    assert mine["case.create"]["given"]["detail"] == "it is ••••"
    assert mine["case.note"]["given"]["text"] == "tried ••••"
    assert mine["case.approve"]["given"]["keep_codes"] == "not ••••"


async def test_what_a_code_is_made_of_is_masked(
    counter: Counter, command: Cli, tmp_path: Path
) -> None:
    """Its PIN and its link as well as itself, spelled as people do; by partner, operator and who
    approves. What is near to one stays.

    Seen red while codes alone were masked, and what the second person wrote was not.
    """
    sku = await counter.shop.sku(price=20_000)
    pin, link = "7391 0042", "https://claim.example/a?k=ZZ81x"
    file = tmp_path / "codes.csv"
    file.write_text(f"code,pin,url\nAB-{unique('X')},{pin},{link}\n")
    done = command("codes", "import", str(file), "--pool", sku, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    await counter.shop.announced(sku)
    placed = await counter.partner.order(out_order_no=unique("C"), sku=sku)
    said = f"PIN 7391-0042 at CLAIM.example/a?k=zz81X fails, not 73910043 ({link})"
    kept = "PIN •••• at •••• fails, not 73910043 (https://••••)"
    assert command("setting", "set", "four_eyes.refund.CNY", "10000").returncode == 0
    case_no = await counter.opened(placed.json, "refund", reason=said, detail=said)
    await counter.sue.post(f"cases/{case_no}/note", {"text": said})
    waits = await counter.sue.post(f"cases/{case_no}/approve", {"reason": said})
    assert waits.status == 202, waits
    number = waits.json["approval"]["id"]
    assert waits.json["approval"]["reason"] == kept
    decided = await counter.fay.post(f"approvals/{number}/approve", {"reason": said})
    assert (decided.json["state"], decided.json["decision_reason"]) == ("done", kept), decided
    case = (await counter.sue.get(f"cases/{case_no}")).json
    rows = (await counter.root.get("changes", limit="20")).json["data"]
    assert (case["reason"], case["detail"]) == (kept, kept)
    told = str([case, rows, await counter.case(case_no)])
    for secret in ("7391 0042", "7391-0042", "zz81x"):
        assert secret not in told.lower()


async def test_an_order_tells_of_its_cases(counter: Counter) -> None:
    """On its page, and in its timeline: opened by the partner, decided by support.

    It was delivered when it was, and taken back with the refund: seen red while the one hid the
    other.
    """
    order = await counter.order()
    case_no = await counter.opened(order, "refund")
    await counter.approve(case_no)
    page = (await counter.sam.get(f"orders/{order['order_no']}")).json
    (case,) = page["cases"]
    assert (case["case_no"], case["kind"], case["outcome"]) == (case_no, "refund", "refunded")
    told = [(e["actor"], e["text"]) for e in page["timeline"] if e["kind"] == "case"]
    assert told == [(page["partner"], "refund: it does not work"), ("sue", "refund: refunded")]
    at = {event["kind"]: (event["at"], event["text"].split(" ")[0]) for event in page["timeline"]}
    assert at["settled"] == (page["created_at"], "delivered")
    assert at["reversed"] == (at["refunded"][0], "reversed")


async def test_a_partner_opens_so_many_of_an_order(counter: Counter, command: Cli) -> None:
    """`cases.per_order`, whatever became of them; one more is refused where it is asked, and an
    operator opens it all the same. Seen red without the count.
    """
    assert command("setting", "set", "cases.per_order", "2", "--json").returncode == 0
    order = await counter.order()
    for _ in range(2):
        number = await counter.opened(order, "question")
        withdrawn = await counter.partner.send("POST", f"/v1/cases/{number}/withdraw", {})
        assert withdrawn.status == 200
    refused = await counter.ask(order, "question")
    assert refused.problem == (400, "invalid-request")
    assert refused.json["errors"][0]["pointer"] == "/kind"
    body = {"order_no": order["order_no"], "kind": "question", "reason": "called us"}
    assert (await counter.sue.post("cases", body)).status == 201
    assert command("setting", "set", "cases.per_order", "20", "--json").returncode == 0
