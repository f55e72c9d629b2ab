package quangate;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** How a request is signed, and how names go into its target. */
final class Signing {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String UNRESERVED =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private Signing() {}

    /** Bytes of base64url, padded or not. */
    static byte[] unbase64url(String text) {
        return Base64.getUrlDecoder().decode(text.replaceAll("=+$", ""));
    }

    static byte[] key(String prefix, String said, String what) {
        if (said == null || !said.startsWith(prefix)) throw new IllegalArgumentException(what + " begins with " + prefix);
        try {
            return unbase64url(said.substring(prefix.length()));
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(what + " is no base64url");
        }
    }

    static byte[] hmac(byte[] key, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, "HmacSHA256"));
            for (byte[] part : parts) mac.update(part);
            return mac.doFinal();
        } catch (GeneralSecurityException never) {
            throw new IllegalStateException(never);
        }
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (GeneralSecurityException never) {
            throw new IllegalStateException(never);
        }
    }

    /** "v1=" and the HMAC; target is the path with its query, as it is sent. */
    static String signature(byte[] key, String method, String target, String timestamp, String nonce, byte[] body) {
        String said = String.join("\n", method, target, timestamp, nonce, sha256(body));
        return "v1=" + HexFormat.of().formatHex(hmac(key, said.getBytes(StandardCharsets.UTF_8)));
    }

    static String random() {
        byte[] raw = new byte[16];
        RANDOM.nextBytes(raw);
        return HexFormat.of().formatHex(raw);
    }

    static String escape(String text) {
        StringBuilder out = new StringBuilder();
        for (byte one : utf8(text)) {
            if (UNRESERVED.indexOf(one) >= 0) out.append((char) one);
            else out.append('%').append(HexFormat.of().withUpperCase().toHexDigits(one));
        }
        return out.toString();
    }

    /** A text's bytes; half of a surrogate pair has none, and would be sent as another letter. */
    static byte[] utf8(String text) {
        try {
            ByteBuffer found = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[found.remaining()];
            found.get(bytes);
            return bytes;
        } catch (CharacterCodingException half) {
            throw QuangateException.of("invalid-request", "a text has half of a surrogate pair", 0, false);
        }
    }

    /** A name as a step of a path. */
    static String part(String text) {
        if (text == null || text.isEmpty() || text.equals(".") || text.equals("..")) {
            throw new IllegalArgumentException("a name is empty, or a path");
        }
        return escape(text);
    }

    static URI checkBaseUrl(String text) {
        URI found;
        try {
            found = URI.create(text.replaceAll("/+$", ""));
        } catch (IllegalArgumentException | NullPointerException wrong) {
            throw new IllegalArgumentException("baseUrl is no http(s) address");
        }
        String host = found.getHost();
        boolean plain = "http".equals(found.getScheme());
        if (host == null || !plain && !"https".equals(found.getScheme())) {
            throw new IllegalArgumentException("baseUrl is no http(s) address");
        }
        if (plain && !host.equals("localhost") && !host.equals("127.0.0.1") && !host.equals("[::1]")) {
            throw new IllegalArgumentException("baseUrl must be https: plain http is for loopback only");
        }
        if (found.getRawQuery() != null || found.getRawFragment() != null || found.getRawUserInfo() != null) {
            throw new IllegalArgumentException("baseUrl has a query, a fragment or a user");
        }
        return found;
    }
}
