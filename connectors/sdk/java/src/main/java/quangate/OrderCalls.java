package quangate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** client.orders(). */
public final class OrderCalls extends Orders {
    OrderCalls(Core core) { super(core); }

    /**
     * Places an order, exactly once for its number however often it is tried. UnknownOutcomeException:
     * nobody knows, and the same call again is safe; other errors say that there is no order.
     */
    public Order place(OrderIn order) {
        try {
            return core.call("POST", "/v1/orders", "Order", Order::of, Map.of(), order.said());
        } catch (QuangateException failed) {
            if (!failed.lost) throw failed;
            try {
                return find(order.outOrderNo());
            } catch (QuangateException | IllegalArgumentException away) {
                throw new UnknownOutcomeException(order.outOrderNo());
            }
        }
    }

    private Order find(String number) {
        return core.send("GET", "/v1/orders/by-out-no/" + Signing.part(number), Map.of(), null, 0, answer -> {
            Map<String, Object> said = Json.object(answer);
            return Json.is("Order", said) ? Order.of(said, core.keys) : null;
        });
    }

    /** Places up to 500: of each its order, or why there is none, in order. */
    public List<BatchResult> batch(List<OrderIn> orders) {
        Map<String, Object> body = Core.said("orders", orders.stream().map(OrderIn::said).toList());
        try {
            return core.send("POST", "/v1/orders/batch", Map.of(), body, core.retries, answer -> read(answer, orders.size()));
        } catch (QuangateException failed) {
            if (!failed.lost) throw failed;
        }
        List<BatchResult> results = new ArrayList<>();
        boolean isAway = false;
        for (OrderIn order : orders) {
            BatchResult result = new BatchResult(null, new UnknownOutcomeException(order.outOrderNo()));
            if (!isAway) {
                try {
                    result = new BatchResult(find(order.outOrderNo()), null);
                } catch (QuangateException | IllegalArgumentException failed) {
                    isAway = failed instanceof QuangateException none && none.status() == 0;
                }
            }
            results.add(result);
        }
        return results;
    }

    private List<BatchResult> read(String answer, int wanted) {
        Map<String, Object> said = Json.object(answer);
        if (said == null || !(said.get("results") instanceof List<?> lines) || lines.size() != wanted) return null;
        List<BatchResult> results = new ArrayList<>();
        for (Object line : lines) {
            if (!(line instanceof Map<?, ?>)) return null;
            Map<String, Object> one = Json.map(line);
            if (one.get("order") == null) {
                int status = Json.number(one.get("status")) == null ? 0 : Json.number(one.get("status")).intValue();
                String problem = one.get("problem") instanceof Map<?, ?> ? Json.write(Json.map(one.get("problem"))) : "";
                results.add(new BatchResult(null, QuangateException.read(status, problem, "")));
            } else if (Json.is("Order", one.get("order"))) {
                results.add(new BatchResult(Order.of(Json.map(one.get("order")), core.keys), null));
            } else {
                return null;
            }
        }
        return results;
    }
}
