// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** client.cases(). */
public final class Cases {
    final Core core;

    Cases(Core core) { this.core = core; }

    /** Open a case about an order: kind, reason, out_case_no, detail, quantity, amount, recipient, index. */
    public Case open(String orderNo, Map<String, ?> said) {
        return core.call("POST", "/v1/orders/" + Signing.part(orderNo) + "/cases", "Case", Case::of, Map.of(), said);
    }

    /** Read a case. */
    public Case get(String caseNo) {
        return core.call("GET", "/v1/cases/" + Signing.part(caseNo), "Case", Case::of, Map.of(), null);
    }

    /** List cases: order_no, state, limit. */
    public Iterable<Case> list(Map<String, String> said) {
        return core.pages("/v1/cases", "Case", Case::of, said);
    }

    /** List cases. */
    public Iterable<Case> list() {
        return list(Map.of());
    }

    /** Withdraw a case. */
    public Case withdraw(String caseNo) {
        return core.call("POST", "/v1/cases/" + Signing.part(caseNo) + "/withdraw", "Case", Case::of, Map.of(), null);
    }
}
