// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.List;
import java.util.Map;

/** A SKU at this partner's price (null: it has none at the moment, and is not available). What is not there is null. */
public record Product(String sku, String name, String kind, Long faceValue, Long price, String currency, Boolean available, String stockLevel, String accountRule, Limits limits, String category, List<String> tags, String updatedAt) {
    static Product of(Map<String, Object> said, KeyRing keys) {
        return new Product(
            (String) said.get("sku"),
            (String) said.get("name"),
            (String) said.get("kind"),
            Json.number(said.get("face_value")),
            Json.number(said.get("price")),
            (String) said.get("currency"),
            (Boolean) said.get("available"),
            (String) said.get("stock_level"),
            (String) said.get("account_rule"),
            said.get("limits") == null ? null : Limits.of(Json.map(said.get("limits")), keys),
            (String) said.get("category"),
            said.get("tags") == null ? List.of() : Json.list(said.get("tags")).stream().map(one -> (String) one).toList(),
            (String) said.get("updated_at"));
    }
}
