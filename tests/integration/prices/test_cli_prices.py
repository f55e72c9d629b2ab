"""`quangate price`, and what `quangate sku` says of prices."""

import pytest

from tests.conftest import Cli


@pytest.fixture(scope="module")
def shop(command: Cli) -> str:
    """A shop with a SKU in a category, and a partner."""
    for words in (
        "partner create acme",
        "pool create vip",
        "category create games",
        "category create steam --parent games",
        "sku create S --name S --kind code --pool vip --price 1000 --category steam",
    ):
        assert command(*words.split()).returncode == 0, words
    return "S"


def refused(command: Cli, words: str) -> tuple[int, str, str]:
    """Exit code, code and detail of a command that is refused."""
    done = command(*words.split(), "--json")
    error = done.json["error"]
    return done.returncode, error["code"], error["detail"]


def test_a_row_is_made_listed_and_deleted(command: Cli, shop: str) -> None:
    """Rows of a SKU and of the categories above it are about it."""
    own = command(
        *f"price create --sku {shop} --percent 87.5 --partner acme --min-quantity 10".split(),
        *["--from", "2030-01-01T00:00:00Z", "--priority", "-1", "--json"],
    ).json["price"]
    above = command("price", "create", "--category", "games", "--amount", "900", "--json")
    listed = {
        row["price"]: row
        for row in command("price", "list", "--sku", shop, "--json").json["prices"]
    }
    assert set(listed) == {own, above.json["price"]}
    row = listed[own]
    assert (row["percent"], row["amount"], row["partner"]) == (87.5, None, "acme")
    assert (row["min_quantity"], row["priority"], row["state"]) == (10, -1, "coming")
    row = listed[above.json["price"]]
    assert (row["category"], row["amount"]) == ("games", 900)
    for price in listed:
        assert command("price", "delete", price, "--json").returncode == 0
    assert command("price", "list", "--json").json["prices"] == []
    assert refused(command, f"price delete {own}")[:2] == (1, "not-found")


@pytest.mark.parametrize(
    "words",
    [
        "price create --sku S",  # neither
        "price create --sku S --amount 1 --percent 50",  # both
        "price create --amount 1",  # of what?
        "price create --sku S --category games --amount 1",
        "price create --sku S --percent 87.555",
        "price create --sku S --percent -5",
        "price create --sku S --percent 20000",
        "price create --sku S --amount -1",
        "price create --sku S --amount 1 --from 2030-01-02T00:00:00Z --to 2030-01-01T00:00:00Z",
        "price create --sku S --amount 1 --min-quantity 501",
        "price create --sku S --amount 0",  # for nothing
        "price create --sku S --percent 0",
        "price create --sku S --percent 0.09",  # of 1000: 0
        "price create --sku NO --amount 1",
        "price create --category NO --amount 1",
        "price create --sku S --amount 1 --partner NO",
        "price create --sku S --amount 1 --channel NO",
        "price create --sku S --amount 1 --campaign NO",
        "price delete nine",
        "price list --sku NO",
        "price floor --sku S",
        "price floor --sku NO --amount 1",
        "price create --sku S --amount 1 --by ann",  # nobody says himself who he is
        "sku price S 0",
        "sku price S 0 --partner acme",
        "sku create Z --name Z --kind code --pool vip --price 0",
        "sku create Z --name Z --kind code --pool vip --price 9 --offer acme:0",
    ],
)
def test_bad_input_is_refused_whole(command: Cli, shop: str, words: str) -> None:
    """And nothing of it is there."""
    assert refused(command, words)[0] in {1, 2}
    assert command("price", "list", "--json").json["prices"] == []
    assert {row["sku"] for row in command("sku", "list", "--json").json["skus"]} == {shop}


@pytest.mark.parametrize(
    "words",
    [
        "price create --sku S --amount 0",
        "price create --sku S --percent 0.09",  # of 1000: 0
        "sku price S 0",
        "sku create Z --name Z --kind code --pool vip --price 0",
    ],
)
def test_nothing_is_free_by_accident(command: Cli, shop: str, words: str) -> None:
    """A refusal, exit 1, that names what allows it. Seen red: it was wrong usage, exit 2."""
    code, name, detail = refused(command, words)
    assert (code, name) == (1, "zero-price")
    assert "--allow-zero" in detail


def test_a_partners_own_price_is_a_row(command: Cli, shop: str) -> None:
    """`sku price --partner` and `sku create --offer P:PRICE` write it; said again it changes."""
    for amount in ("950", "960"):
        assert command("sku", "price", shop, amount, "--partner", "acme").returncode == 0
    (row,) = command("price", "list", "--sku", shop, "--json").json["prices"]
    assert (row["partner"], row["amount"], row["min_quantity"]) == ("acme", 960, None)
    words = "sku create T --name T --kind code --pool vip --price 5 --offer acme:4"
    command(*words.split())
    (other,) = command("price", "list", "--sku", "T", "--json").json["prices"]
    assert (other["partner"], other["amount"]) == ("acme", 4)
    (offer,) = command("sku", "show", "T", "--json").json["offers"]
    assert offer == {"partner": "acme", "price": 4, "own_price": True}
    for price in (row, other):
        command("price", "delete", price["price"])


def test_no_price_is_made_below_the_floor(command: Cli, shop: str) -> None:
    """Of a SKU, of a category it lies in, its list price: refused, and the floor says how far."""
    floor = command("price", "floor", "--sku", shop, "--percent", "80", "--json").json
    assert floor == {"sku": shop, "floor": 800}
    for words in (
        "price create --sku S --amount 799",
        "price create --category games --percent 79.99",
        "sku price S 700 --partner acme",
    ):
        assert refused(command, words)[:2] == (1, "below-floor"), words
    assert command(*["price", "floor", "--sku", "S", "--amount", "800"]).returncode == 0
    assert refused(command, "sku price S 700")[:2] == (1, "below-floor")
    made = command(*["price", "create", "--sku", "S", "--amount", "800", "--json"]).json["price"]
    command("price", "delete", made)


def test_below_the_floor_wants_a_second_person(command: Cli, shop: str) -> None:
    """With `four_eyes.price.CNY` set: so far below alone, further down it waits for somebody else.

    Until then there is no such price; where nobody is there, it is made, and its row says so.
    """
    command(*["setting", "set", "four_eyes.price.CNY", "100"])
    command(*["price", "floor", "--sku", "S", "--amount", "800"])
    low = "price create --sku S --amount 500 --partner acme --reason rival --json"
    near = command(*low.replace("500", "700").split()).json
    alone = command(*low.split()).json
    assert near.keys() == alone.keys() == {"price"}
    said = {
        row["subject"]: row["alone"]
        for row in command("change", "list", "--action", "price.create", "--json").json["changes"]
    }
    assert (said[near["price"]], said[alone["price"]]) == (False, True)
    own = command("sku", "price", "S", "500", "--partner", "acme", "--json")
    assert own.json["price"] == 500
    assert (
        refused(
            command,
            "campaign create low --sku S --from 2030-01-01T00:00:00Z"
            " --to 2030-01-02T00:00:00Z --price 500",
        )[1]
        == "below-floor"
    )
    for made in command("price", "list", "--json").json["prices"]:
        command("price", "delete", made["price"])
    command("operator", "create", "cat", "--role", "catalog")
    waits = command(*low.split()).json["approval"]
    assert (waits["action"], waits["state"]) == ("price.create", "waiting")
    assert "approval" in command("sku", "price", "S", "500", "--partner", "acme", "--json").json
    assert command("price", "list", "--json").json["prices"] == []
    command("operator", "disable", "cat")
    command(*["setting", "set", "four_eyes.price.CNY", "none"])


def test_below_what_it_is_bought_for_wants_a_second_person(command: Cli, shop: str) -> None:
    """By the same limit as below a floor, where a cost is known: list price, own price, price of a
    category. While there is no limit nobody asks.
    """
    assert shop
    made = "sku create BOUGHT --name B --kind code --price 1000 --category steam"
    upstream = "upstream add bought --connector fulu --base-url http://127.0.0.1:9"
    for words in (
        f"{upstream} --set app_key=k --set secret=s",
        f"{made} --route bought:x:0:950 --route bought:y:1:700",
        "operator create dear --role catalog",
    ):
        assert command(*words.split()).returncode == 0, words
    lower = (
        "sku price BOUGHT 800",
        "sku price BOUGHT 800 --partner acme",
        "price create --sku BOUGHT --amount 800",
        "price create --category games --percent 80",
    )
    done = command(*lower[0].split(), "--json")
    assert done.json["price"] == 800  # no limit is set: nobody is asked
    command("sku", "price", "BOUGHT", "1000")
    command(*["setting", "set", "four_eyes.price.CNY", "100"])
    try:
        for words in lower:
            assert "approval" in command(*words.split(), "--json").json, words
        campaign = "campaign create dear --sku BOUGHT --from 2030-01-01T00:00:00Z"
        code, name, detail = refused(command, f"{campaign} --to 2030-01-02T00:00:00Z --price 800")
        assert (code, name) == (1, "below-cost")
        assert "150" in detail
        assert command("price", "list", "--sku", "BOUGHT", "--json").json["prices"] == []
        near = command(*["sku", "price", "BOUGHT", "850", "--json"]).json
        assert near["price"] == 850
    finally:
        command("operator", "disable", "dear")
        command(*["setting", "set", "four_eyes.price.CNY", "none"])


def test_a_sku_made_below_what_it_is_bought_for_wants_a_second_person(
    command: Cli, shop: str
) -> None:
    """From its first price on, also one that it is offered at; what is within the limit is made.

    Seen red while only later prices were looked at: it was made at once, by one person.
    """
    assert shop
    upstream = "upstream add maker --connector fulu --base-url http://127.0.0.1:9"
    for words in (
        f"{upstream} --set app_key=k --set secret=s",
        "operator create dora --role catalog",
        "setting set four_eyes.price.CNY 100",
    ):
        assert command(*words.split()).returncode == 0, words
    made = (
        "sku create {} --name N --kind code --price {} --route maker:x:1:700 --route maker:y:0:950"
    )
    try:
        for more in (made.format("LOW", 849), made.format("LOW", 1000) + " --offer acme:849"):
            assert "approval" in command(*more.split(), "--json").json, more
        assert "LOW" not in [s["sku"] for s in command("sku", "list", "--json").json["skus"]]
        near = command(*made.format("NEAR", 850).split(), "--offer", "acme:850", "--json")
        assert near.json == {"sku": "NEAR"}
    finally:
        command("operator", "disable", "dora")
        command(*["setting", "set", "four_eyes.price.CNY", "none"])
