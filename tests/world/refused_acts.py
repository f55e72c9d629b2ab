"""Commands of the desk that are refused, in the world that acts.py left: each leaves no row."""

REFUSED = (
    "partner create beta", "account deposit beta 0 --reference r9",
    "account deposit beta 5 --reference r1",  # stands for another amount
    "account adjust beta --amount=-99999 --reference r9 --reason typed",
    "account credit-limit nobody 5", "key create nobody", "key rotate {key_id}", "key revoke qk_no",
    "pool create stock", "sku create S --name S --kind code --pool stock --price 10",
    "sku price NO 1", "sku price S 1 --partner nobody", "price create --sku S --amount 1",
    "price delete 4711", "price approve 4711 --by bob", "price floor --sku NO --amount 1",
    "sku limit S --quantity-max 501",
    "sku account-rule S qq", "sku off-sale NO", "sku on-sale NO",
    "campaign create c1 --sku S --from 2030-01-01T00:00:00Z --to 2030-01-02T00:00:00Z",
    "campaign serving c1 --set 1 --rate 2",
    "campaign create c2 --sku S --from 2030-01-01T00:00:00Z --to 2030-01-02T00:00:00Z --rate 1",
    "upstream add f1 --connector fulu --base-url http://127.0.0.1:9 --set app_key=k --set secret=s",
    "upstream update f1", "upstream pause no", "upstream resume no",
    "channel add x2 --adapter goofish --partner nobody --set app_id=1",
    "order resolve 202 --as failed --by ann --reason r", "order cancel 101", "order cancel nine",
    "webhook set beta ftp://x", "webhook secret nobody", "webhook replay 1",
    "webhook replay-dead nobody", "webhook test acme2",
    "hold release 601", "hold release 602", "hold release 9", "hold release nine",
    "setting set no.such 1", "setting set holds.per_buyer many", "setting set holds.max_ttl_s 59",
    "codes generate 20 --pool stock --pattern A",
    "shelf create stock main --codes 1", "shelf create stock back --codes 99",
    "shelf move stock main front 1", "shelf close stock front", "shelf close stock main",
    "codes import nowhere.csv --pool stock", "codes void --pool stock --seq 90-99",
    "keys create", "keys retire no-such",
)  # fmt: skip
