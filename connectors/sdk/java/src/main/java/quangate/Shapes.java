// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.HashMap;
import java.util.Map;

/** Per model its members: kind, [] many, {} by name, ? or null, ~ may be missing. */
final class Shapes {
    static final Map<String, Map<String, String>> OF = new HashMap<>();

    private Shapes() {}

    private static void of(String model, String... members) {
        Map<String, String> said = new HashMap<>();
        for (int i = 0; i < members.length; i += 2) {
            said.put(members[i], members[i + 1]);
        }
        OF.put(model, said);
    }

    static {
        of("Account", "balance", "i", "credit_limit", "i", "available", "i", "currency", "t");
        of("Case", "case_no", "t", "out_case_no", "t", "order_no", "t", "kind", "t", "state", "t", "reason", "t", "detail", "t?", "index", "i?", "quantity", "i?", "amount", "i?", "recipient", "t?", "outcome", "t?", "answer", "t?", "rule", "t?", "refunded_amount", "i", "replaced", "i", "deadline_at", "t?", "created_at", "t", "updated_at", "t");
        of("Delivery", "id", "t", "webhook_id", "t", "type", "t", "order_no", "t?", "url", "t?", "state", "t", "attempts", "i", "last_status", "i?", "next_attempt_at", "t?", "created_at", "t");
        of("Entry", "id", "t", "kind", "t", "amount", "i", "balance_after", "i", "order_no", "t?", "reference", "t?", "created_at", "t");
        of("Failure", "code", "~t", "detail", "~t");
        of("HeldSum", "sku", "t", "holds", "i", "quantity", "i", "amount", "i");
        of("Hold", "hold_no", "t", "out_hold_no", "t", "sku", "t", "quantity", "i", "account", "t?", "campaign", "t?", "amount", "i", "currency", "t", "state", "t", "order_no", "t?", "expires_at", "t", "created_at", "t", "updated_at", "t");
        of("Limits", "per_buyer", "i?", "quantity_max", "i", "left", "~i?", "quotas", "~QuotaLeft[]");
        of("Order", "order_no", "t", "out_order_no", "t", "sku", "t", "quantity", "i", "account", "t?", "amount", "i", "currency", "t", "state", "t", "codes", "~SealedCode[]", "delivered_quantity", "i", "refunded_amount", "~i", "replaced", "~i", "failure", "~Failure?", "metadata", "~t{}?", "created_at", "t", "updated_at", "t", "sandbox", "~b");
        of("PassPlace", "number", "i", "serving", "i", "pass", "t?", "expires_at", "t?", "retry_after_s", "i");
        of("Product", "sku", "t", "name", "t", "kind", "t", "face_value", "i?", "price", "i?", "currency", "t", "available", "b", "stock_level", "t", "account_rule", "t?", "limits", "Limits", "category", "t?", "tags", "t[]", "updated_at", "t");
        of("QuotaLeft", "quota", "t", "max", "i", "left", "i", "resets_at", "t?");
        of("Statement", "date", "t", "complete", "b", "rows", "i", "sha256", "t", "url", "t", "totals", "StatementTotals");
        of("StatementTotals", "currency", "t", "opening_balance", "i", "deposit", "i", "charge", "i", "refund", "i", "adjustment", "i", "closing_balance", "i");
        of("SealedCode", "jwe", "t");
    }
}
