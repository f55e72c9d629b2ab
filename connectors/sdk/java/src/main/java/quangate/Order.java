// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.List;
import java.util.Map;

/** An order. What is not there is null. */
public record Order(String orderNo, String outOrderNo, String sku, Long quantity, String account, Long amount, String currency, String state, List<Code> codes, Long deliveredQuantity, Long refundedAmount, Long replaced, Failure failure, Map<String, String> metadata, String createdAt, String updatedAt, Boolean sandbox) {
    static Order of(Map<String, Object> said, KeyRing keys) {
        return new Order(
            (String) said.get("order_no"),
            (String) said.get("out_order_no"),
            (String) said.get("sku"),
            Json.number(said.get("quantity")),
            (String) said.get("account"),
            Json.number(said.get("amount")),
            (String) said.get("currency"),
            (String) said.get("state"),
            said.get("codes") == null ? List.of() : Json.list(said.get("codes")).stream().map(one -> new Code((String) Json.map(one).get("jwe"), keys)).toList(),
            Json.number(said.get("delivered_quantity")),
            Json.number(said.get("refunded_amount")),
            Json.number(said.get("replaced")),
            said.get("failure") == null ? null : Failure.of(Json.map(said.get("failure")), keys),
            said.get("metadata") == null ? null : Json.texts(said.get("metadata")),
            (String) said.get("created_at"),
            (String) said.get("updated_at"),
            (Boolean) said.get("sandbox"));
    }
}
