// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** Sums over the day in minor units. What is not there is null. */
public record StatementTotals(String currency, Long openingBalance, Long deposit, Long charge, Long refund, Long adjustment, Long closingBalance) {
    static StatementTotals of(Map<String, Object> said, KeyRing keys) {
        return new StatementTotals(
            (String) said.get("currency"),
            Json.number(said.get("opening_balance")),
            Json.number(said.get("deposit")),
            Json.number(said.get("charge")),
            Json.number(said.get("refund")),
            Json.number(said.get("adjustment")),
            Json.number(said.get("closing_balance")));
    }
}
