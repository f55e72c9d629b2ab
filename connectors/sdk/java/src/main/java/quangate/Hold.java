// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** A hold. What is not there is null. */
public record Hold(String holdNo, String outHoldNo, String sku, Long quantity, String account, String campaign, Long amount, String currency, String state, String orderNo, String expiresAt, String createdAt, String updatedAt) {
    static Hold of(Map<String, Object> said, KeyRing keys) {
        return new Hold(
            (String) said.get("hold_no"),
            (String) said.get("out_hold_no"),
            (String) said.get("sku"),
            Json.number(said.get("quantity")),
            (String) said.get("account"),
            (String) said.get("campaign"),
            Json.number(said.get("amount")),
            (String) said.get("currency"),
            (String) said.get("state"),
            (String) said.get("order_no"),
            (String) said.get("expires_at"),
            (String) said.get("created_at"),
            (String) said.get("updated_at"));
    }
}
