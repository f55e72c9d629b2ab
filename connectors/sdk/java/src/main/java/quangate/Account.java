// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** The partner's money. What is not there is null. */
public record Account(Long balance, Long creditLimit, Long available, String currency) {
    static Account of(Map<String, Object> said, KeyRing keys) {
        return new Account(
            Json.number(said.get("balance")),
            Json.number(said.get("credit_limit")),
            Json.number(said.get("available")),
            (String) said.get("currency"));
    }
}
