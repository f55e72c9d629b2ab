package quangate;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Messages of a gateway. */
public final class Webhooks {
    private Webhooks() {}

    /** As the longer one: five minutes, and nothing was seen. */
    public static Event verify(byte[] body, Map<String, String> headers, List<String> secrets) {
        return verify(body, headers, secrets, Duration.ofMinutes(5), null);
    }

    /**
     * The event in a request, if it is of the gateway; else InvalidWebhookException. {@code body} is the
     * request's bytes as they came; secrets are whsec_…, several while one is rotated. {@code seen} says
     * whether a message was handled already.
     */
    public static Event verify(byte[] body, Map<String, String> headers, List<String> secrets, Duration tolerance, Predicate<String> seen) {
        return verify(body, headers, secrets, tolerance, seen, Clock.systemUTC());
    }

    static Event verify(byte[] body, Map<String, String> headers, List<String> secrets, Duration tolerance, Predicate<String> seen, Clock clock) {
        Map<String, String> found = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.forEach((name, value) -> { if (name != null && value != null) found.put(name, value); });
        String id = found.getOrDefault("webhook-id", "");
        String stamp = found.getOrDefault("webhook-timestamp", "");
        if (id.isEmpty() || !stamp.matches("[0-9]{1,15}")) throw new InvalidWebhookException("its headers are not whole");
        if (Math.abs(clock.instant().getEpochSecond() - Long.parseLong(stamp)) > tolerance.toSeconds()) {
            throw new InvalidWebhookException("its timestamp is too far from now");
        }
        byte[] head = (id + "." + stamp + ".").getBytes(StandardCharsets.UTF_8);
        boolean genuine = false;
        for (String secret : secrets) {
            byte[] mac = Signing.hmac(key(secret), head, body);
            byte[] right = ("v1," + Base64.getEncoder().encodeToString(mac)).getBytes(StandardCharsets.US_ASCII);
            for (String one : found.getOrDefault("webhook-signature", "").split("\\s+")) {
                genuine |= MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), right);
            }
        }
        if (!genuine) throw new InvalidWebhookException("no signature of it is right");
        return read(id, body, seen != null && seen.test(id));
    }

    static byte[] key(String secret) {
        try {
            return Base64.getDecoder().decode(secret.startsWith("whsec_") ? secret.substring(6) : secret);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("a webhook secret is whsec_ and base64");
        }
    }

    private static Event read(String id, byte[] body, boolean seen) {
        Map<String, Object> said = Json.object(new String(body, StandardCharsets.UTF_8));
        if (said == null || !(said.get("type") instanceof String type)) throw new InvalidWebhookException("its body is no message");
        boolean ofOrder = type.startsWith("order.");
        Object data = said.get("data");
        if (ofOrder && !Json.is("Order", data)) throw new InvalidWebhookException("its body is no message");
        Long sequence = Json.number(said.get("sequence"));
        return new Event(id, type, Json.text(said.get("timestamp")), sequence == null ? 0 : sequence,
            data instanceof Map<?, ?> ? Json.map(data) : null, ofOrder ? Order.of(Json.map(data), KeyRing.EMPTY) : null, seen);
    }
}
