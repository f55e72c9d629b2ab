// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** The holds of a SKU in the state that was asked for (`held` if none was), added up. What is not there is null. */
public record HeldSum(String sku, Long holds, Long quantity, Long amount) {
    static HeldSum of(Map<String, Object> said, KeyRing keys) {
        return new HeldSum(
            (String) said.get("sku"),
            Json.number(said.get("holds")),
            Json.number(said.get("quantity")),
            Json.number(said.get("amount")));
    }
}
