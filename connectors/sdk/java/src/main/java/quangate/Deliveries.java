// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** client.deliveries(). */
public final class Deliveries {
    final Core core;

    Deliveries(Core core) { this.core = core; }

    /** List webhook messages: order_no, state, limit. */
    public Iterable<Delivery> list(Map<String, String> said) {
        return core.pages("/v1/webhooks/deliveries", "Delivery", Delivery::of, said);
    }

    /** List webhook messages. */
    public Iterable<Delivery> list() {
        return list(Map.of());
    }

    /** Send a webhook message again. */
    public Delivery replay(String id) {
        return core.call("POST", "/v1/webhooks/deliveries/" + Signing.part(id) + "/replay", "Delivery", Delivery::of, Map.of(), null);
    }

    /** Send a test message. */
    public Delivery test() {
        return core.call("POST", "/v1/webhooks/test", "Delivery", Delivery::of, Map.of(), null);
    }
}
