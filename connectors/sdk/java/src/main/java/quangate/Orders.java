// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** client.orders(). */
public class Orders {
    final Core core;

    Orders(Core core) { this.core = core; }

    /** Read an order. */
    public Order get(String orderNo) {
        return core.call("GET", "/v1/orders/" + Signing.part(orderNo), "Order", Order::of, Map.of(), null);
    }

    /** Read an order by your number. */
    public Order getByOutNo(String outOrderNo) {
        return core.call("GET", "/v1/orders/by-out-no/" + Signing.part(outOrderNo), "Order", Order::of, Map.of(), null);
    }

    /** Cancel an order that is bought upstream. */
    public Order cancel(String orderNo) {
        return core.call("POST", "/v1/orders/" + Signing.part(orderNo) + "/cancel", "Order", Order::of, Map.of(), null);
    }

    /** List orders: state, sku, created_from, created_to, limit. */
    public Iterable<Order> list(Map<String, String> said) {
        return core.pages("/v1/orders", "Order", Order::of, said);
    }

    /** List orders. */
    public Iterable<Order> list() {
        return list(Map.of());
    }
}
