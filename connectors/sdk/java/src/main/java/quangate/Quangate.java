package quangate;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** A client of one key, for any number of threads. */
public final class Quangate {
    final transient Core core;

    private Quangate(Core core) { this.core = core; }

    public static Builder builder() { return new Builder(); }

    public OrderCalls orders() { return new OrderCalls(core); }

    public Products products() { return new Products(core); }

    public AccountCalls account() { return new AccountCalls(core); }

    public StatementCalls statements() { return new StatementCalls(core); }

    public Holds holds() { return new Holds(core); }

    public Cases cases() { return new Cases(core); }

    public Deliveries deliveries() { return new Deliveries(core); }

    public Campaigns campaigns() { return new Campaigns(core); }

    @Override
    public String toString() { return "Quangate(" + core.url + ", " + core.keyId + ")"; }

    /** How a client is made. What cannot work is refused at once: IllegalArgumentException. */
    public static final class Builder {
        private String baseUrl;
        private String keyId;
        private transient String secret;
        private transient String deliveryKey;
        private final transient Map<String, String> deliveryKeys = new HashMap<>();
        private Duration timeout = Duration.ofSeconds(30);
        private int maxRetries = 2;

        private Builder() {}

        public Builder baseUrl(String url) { baseUrl = url; return this; }

        public Builder keyId(String id) { keyId = id; return this; }

        public Builder secret(String text) { secret = text; return this; }

        public Builder deliveryKey(String text) { deliveryKey = text; return this; }

        /** By key id: those before, too, while a key is rotated. */
        public Builder deliveryKeys(Map<String, String> keys) { deliveryKeys.putAll(keys); return this; }

        /** Of one try. */
        public Builder timeout(Duration most) { timeout = most; return this; }

        public Builder maxRetries(int most) { maxRetries = most; return this; }

        public Quangate build() {
            URI url = Signing.checkBaseUrl(baseUrl);
            if (maxRetries < 0) throw new IllegalArgumentException("maxRetries is less than 0");
            if (timeout == null || timeout.isNegative() || timeout.isZero()) throw new IllegalArgumentException("timeout is not above 0");
            Map<String, String> known = new HashMap<>();
            if (deliveryKey != null) known.put(keyId, deliveryKey);
            known.putAll(deliveryKeys);
            byte[] key = Signing.key("qs_", secret, "a secret");
            return new Quangate(new Core(url, keyId == null ? "" : keyId, key, new KeyRing(known), timeout, maxRetries));
        }

        @Override
        public String toString() { return "Builder(" + baseUrl + ", " + keyId + ")"; }
    }
}
