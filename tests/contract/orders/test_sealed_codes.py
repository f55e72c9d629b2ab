"""A delivered code opens in whatever speaks JWE: here in a library that is not ours."""

import base64
import json

from joserfc import jwe
from joserfc.jwk import OctKey

from tests.world.shop import Shop


async def test_a_code_is_a_jwe_of_the_published_kind(shop: Shop) -> None:
    """`dir` and A256GCM, with the key's id and nothing else in its header."""
    partner = await shop.partner()
    order = (await partner.order(out_order_no="J1", sku=await shop.sku(codes=1))).json
    raw = base64.urlsafe_b64decode(partner.key.delivery_key.removeprefix("qd_") + "==")
    opened = jwe.decrypt_compact(order["codes"][0]["jwe"], OctKey.import_key(raw))
    assert opened.protected == {"alg": "dir", "enc": "A256GCM", "kid": partner.key.key_id}
    assert opened.plaintext is not None
    assert [json.loads(opened.plaintext)] == partner.codes(order)
