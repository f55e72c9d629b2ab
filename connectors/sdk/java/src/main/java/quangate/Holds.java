// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** client.holds(). */
public final class Holds {
    final Core core;

    Holds(Core core) { this.core = core; }

    /** Hold goods for a while: out_hold_no, sku, quantity, ttl_s, buyer, account, campaign. */
    public Hold place(Map<String, ?> said) {
        return core.call("POST", "/v1/holds", "Hold", Hold::of, Map.of(), said);
    }

    /** Read a hold. */
    public Hold get(String holdNo) {
        return core.call("GET", "/v1/holds/" + Signing.part(holdNo), "Hold", Hold::of, Map.of(), null);
    }

    /** List holds: state, sku, limit. */
    public Iterable<Hold> list(Map<String, String> said) {
        return core.pages("/v1/holds", "Hold", Hold::of, said);
    }

    /** List holds. */
    public Iterable<Hold> list() {
        return list(Map.of());
    }

    /** Make a hold an order: out_order_no, max_amount, notify_url, metadata, sku, quantity, buyer, account, campaign. */
    public Order confirm(String holdNo, Map<String, ?> said) {
        return core.call("POST", "/v1/holds/" + Signing.part(holdNo) + "/confirm", "Order", Order::of, Map.of(), said);
    }

    /** Give a hold back. */
    public Hold release(String holdNo) {
        return core.call("POST", "/v1/holds/" + Signing.part(holdNo) + "/release", "Hold", Hold::of, Map.of(), null);
    }
}
