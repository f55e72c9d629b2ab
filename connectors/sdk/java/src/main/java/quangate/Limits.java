// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.List;
import java.util.Map;

/** How many may be bought: by one buyer in all (null: no limit), and in one order. What is not there is null. */
public record Limits(Long perBuyer, Long quantityMax, Long left, List<QuotaLeft> quotas) {
    static Limits of(Map<String, Object> said, KeyRing keys) {
        return new Limits(
            Json.number(said.get("per_buyer")),
            Json.number(said.get("quantity_max")),
            Json.number(said.get("left")),
            said.get("quotas") == null ? List.of() : Json.list(said.get("quotas")).stream().map(one -> QuotaLeft.of(Json.map(one), keys)).toList());
    }
}
