// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** One movement of money. What is not there is null. */
public record Entry(String id, String kind, Long amount, Long balanceAfter, String orderNo, String reference, String createdAt) {
    static Entry of(Map<String, Object> said, KeyRing keys) {
        return new Entry(
            (String) said.get("id"),
            (String) said.get("kind"),
            Json.number(said.get("amount")),
            Json.number(said.get("balance_after")),
            (String) said.get("order_no"),
            (String) said.get("reference"),
            (String) said.get("created_at"));
    }
}
