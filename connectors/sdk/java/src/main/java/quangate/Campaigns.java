// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** client.campaigns(). */
public final class Campaigns {
    final Core core;

    Campaigns(Core core) { this.core = core; }

    /** Wait for a pass: buyer. */
    public PassPlace takePlace(String campaign, Map<String, ?> said) {
        return core.call("POST", "/v1/campaigns/" + Signing.part(campaign) + "/passes", "PassPlace", PassPlace::of, Map.of(), said);
    }
}
