// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** One webhook message and how its delivery stands. What is not there is null. */
public record Delivery(String id, String webhookId, String type, String orderNo, String url, String state, Long attempts, Long lastStatus, String nextAttemptAt, String createdAt) {
    static Delivery of(Map<String, Object> said, KeyRing keys) {
        return new Delivery(
            (String) said.get("id"),
            (String) said.get("webhook_id"),
            (String) said.get("type"),
            (String) said.get("order_no"),
            (String) said.get("url"),
            (String) said.get("state"),
            Json.number(said.get("attempts")),
            Json.number(said.get("last_status")),
            (String) said.get("next_attempt_at"),
            (String) said.get("created_at"));
    }
}
