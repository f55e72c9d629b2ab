// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** A case. What is not there is null. */
public record Case(String caseNo, String outCaseNo, String orderNo, String kind, String state, String reason, String detail, Long index, Long quantity, Long amount, String recipient, String outcome, String answer, String rule, Long refundedAmount, Long replaced, String deadlineAt, String createdAt, String updatedAt) {
    static Case of(Map<String, Object> said, KeyRing keys) {
        return new Case(
            (String) said.get("case_no"),
            (String) said.get("out_case_no"),
            (String) said.get("order_no"),
            (String) said.get("kind"),
            (String) said.get("state"),
            (String) said.get("reason"),
            (String) said.get("detail"),
            Json.number(said.get("index")),
            Json.number(said.get("quantity")),
            Json.number(said.get("amount")),
            (String) said.get("recipient"),
            (String) said.get("outcome"),
            (String) said.get("answer"),
            (String) said.get("rule"),
            Json.number(said.get("refunded_amount")),
            Json.number(said.get("replaced")),
            (String) said.get("deadline_at"),
            (String) said.get("created_at"),
            (String) said.get("updated_at"));
    }
}
