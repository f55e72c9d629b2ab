package quangate;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.DirectDecrypter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Delivery keys by key id. */
final class KeyRing {
    static final KeyRing EMPTY = new KeyRing(Map.of());
    private final transient Map<String, byte[]> keys = new HashMap<>();

    KeyRing(Map<String, String> said) {
        said.forEach((kid, text) -> {
            byte[] raw = Signing.key("qd_", text, "a delivery key");
            if (raw.length != 32) throw new IllegalArgumentException("a delivery key has 32 bytes");
            keys.put(kid, raw);
        });
    }

    Opened open(String jwe) {
        String[] parts = jwe.split("\\.", -1);
        if (parts.length != 5 || !parts[1].isEmpty()) throw new InvalidCodeException("it is no JWE compact of a direct key");
        Map<String, Object> header;
        try {
            header = Json.object(new String(Signing.unbase64url(parts[0]), StandardCharsets.UTF_8));
            for (int i = 2; i < 5; i++) {
                int length = Signing.unbase64url(parts[i]).length;
                if (i == 2 && length != 12 || i == 4 && length != 16) {
                    throw new InvalidCodeException("its nonce or tag has another length");
                }
            }
        } catch (IllegalArgumentException wrong) {
            throw new InvalidCodeException("it is no JWE compact");
        }
        if (header == null) throw new InvalidCodeException("its header is none");
        if (header.containsKey("crit") || header.containsKey("zip")) {
            throw new InvalidCodeException("its header asks for what is not done here");
        }
        if (!"dir".equals(header.get("alg")) || !"A256GCM".equals(header.get("enc"))) {
            throw new InvalidCodeException("it is sealed in another way than dir, A256GCM");
        }
        byte[] key = header.get("kid") instanceof String kid ? keys.get(kid) : null;
        if (key == null) throw new InvalidCodeException("no delivery key is known for its key id");
        return read(jwe, key);
    }

    private static Opened read(String jwe, byte[] key) {
        Map<String, Object> said;
        try {
            JWEObject sealed = JWEObject.parse(jwe);
            sealed.decrypt(new DirectDecrypter(key));
            said = Json.object(sealed.getPayload().toString());
        } catch (java.text.ParseException | JOSEException | RuntimeException wrong) {
            throw new InvalidCodeException("it was changed, or sealed with another key");
        }
        if (said == null || !isText(said, "code") || !isText(said, "pin") || !isText(said, "url")
            || !isText(said, "expires_at") || said.get("code") == null && said.get("url") == null) {
            throw new InvalidCodeException("what is in it is no code");
        }
        return new Opened(said);
    }

    private static boolean isText(Map<String, Object> said, String name) {
        return said.get(name) == null || said.get(name) instanceof String;
    }
}
