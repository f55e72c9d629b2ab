// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** The entries of one UTC day as a CSV file. What is not there is null. */
public record Statement(String date, Boolean complete, Long rows, String sha256, String url, StatementTotals totals) {
    static Statement of(Map<String, Object> said, KeyRing keys) {
        return new Statement(
            (String) said.get("date"),
            (Boolean) said.get("complete"),
            Json.number(said.get("rows")),
            (String) said.get("sha256"),
            (String) said.get("url"),
            said.get("totals") == null ? null : StatementTotals.of(Json.map(said.get("totals")), keys));
    }
}
