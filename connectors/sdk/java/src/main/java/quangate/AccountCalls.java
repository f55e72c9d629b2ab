// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** client.account(). */
public final class AccountCalls {
    final Core core;

    AccountCalls(Core core) { this.core = core; }

    /** Read the balance. */
    public Account get() {
        return core.call("GET", "/v1/account", "Account", Account::of, Map.of(), null);
    }

    /** List movements of money: limit. */
    public Iterable<Entry> entries(Map<String, String> said) {
        return core.pages("/v1/account/entries", "Entry", Entry::of, said);
    }

    /** List movements of money. */
    public Iterable<Entry> entries() {
        return entries(Map.of());
    }
}
