"""What is done with codes and shelves of a pool, and an account's warning: the last of acts.py."""

from tests.world.act import Act

ACTS_OF_STOCK = (
    Act(
        does="hold.release",
        words="hold release 601 --reason broken",
        subject="601",
        before={"hold.state": "held"},
        after={"hold.state": "released"},
    ),
    Act(
        does="setting.set",
        words="setting set holds.per_buyer 3",
        subject="holds.per_buyer",
        after={"setting.value": 3},
    ),
    Act(
        does="account.credit",
        words="account credit beta --low 50",
        subject="beta",
        before={"account.low": None},
        after={"account.low": 50},
    ),
    Act(
        does="codes.generate",
        words="codes generate 3 --pool stock --pattern AAAA-9999-####",
        subject="stock",
        after={"batch.state": "on_sale", "batch.imported": 3},
    ),
    Act(
        does="shelf.create",
        words="shelf create stock front --codes 1 --sku S --borrow --reserve 1",
        subject="stock/front",
        after={"shelf.sku": "S", "shelf.reserve": 1, "shelf.closed_at": None},
    ),
    Act(
        does="shelf.move",
        words="shelf move stock main front 2",
        subject="stock",
        after={"moved": 2},
    ),
    Act(
        does="shelf.close",
        words="shelf close stock front",
        subject="stock/front",
        before={"shelf.closed_at": None},
        after={"shelf.sku": "S", "returned": 3},
    ),
    Act(
        does="codes.import",
        words="codes import FILE --pool stock --columns code --no-header --yes",
        subject="stock",
        after={"batch.imported": 2},
    ),
    Act(
        does="codes.release",
        words="codes release --pool stock --from 1",
        subject="stock",
        after={"released": 4, "withheld": 1},
        prepared="SELECT withhold_codes(id) FROM pool WHERE name = 'stock'",
    ),
    Act(
        does="codes.void",
        words="codes void --pool stock --seq 0-1 --reason recalled",
        subject="stock",
        after={"voided": 2},
    ),
)
