// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** What of a limit is left for this buyer. What is not there is null. */
public record QuotaLeft(String quota, Long max, Long left, String resetsAt) {
    static QuotaLeft of(Map<String, Object> said, KeyRing keys) {
        return new QuotaLeft(
            (String) said.get("quota"),
            Json.number(said.get("max")),
            Json.number(said.get("left")),
            (String) said.get("resets_at"));
    }
}
