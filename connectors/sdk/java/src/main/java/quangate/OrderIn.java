package quangate;

import java.util.LinkedHashMap;
import java.util.Map;

/** What an order says. Equal content under the same number is the same order again. */
public final class OrderIn {
    private final Map<String, Object> said = new LinkedHashMap<>();

    private OrderIn(Map<String, Object> said) { this.said.putAll(said); }

    public static OrderIn of(String outOrderNo, String sku) {
        return new OrderIn(Core.said("out_order_no", outOrderNo, "sku", sku));
    }

    private OrderIn with(String name, Object value) {
        OrderIn made = new OrderIn(said);
        made.said.put(name, value);
        return made;
    }

    public OrderIn quantity(long pieces) { return with("quantity", pieces); }

    public OrderIn account(String recipient) { return with("account", recipient); }

    public OrderIn maxAmount(long minorUnits) { return with("max_amount", minorUnits); }

    public OrderIn campaign(String name) { return with("campaign", name); }

    /** Who buys: id, ip, device; null for what is not known. */
    public OrderIn buyer(String id, String ip, String device) {
        return with("buyer", Core.said("id", id, "ip", ip, "device", device));
    }

    public OrderIn notifyUrl(String url) { return with("notify_url", url); }

    public OrderIn metadata(Map<String, String> pairs) { return with("metadata", Map.copyOf(pairs)); }

    String outOrderNo() { return (String) said.get("out_order_no"); }

    Map<String, Object> said() { return said; }

    @Override
    public String toString() { return "OrderIn(" + outOrderNo() + ")"; }
}
