// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** client.statements(). */
public class Statements {
    final Core core;

    Statements(Core core) { this.core = core; }

    /** Read a day's statement. */
    public Statement get(String date) {
        return core.call("GET", "/v1/statements/" + Signing.part(date), "Statement", Statement::of, Map.of(), null);
    }
}
