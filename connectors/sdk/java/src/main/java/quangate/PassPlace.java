// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** A buyer's place. What is not there is null. */
public record PassPlace(Long number, Long serving, String pass, String expiresAt, Long retryAfterS) {
    static PassPlace of(Map<String, Object> said, KeyRing keys) {
        return new PassPlace(
            Json.number(said.get("number")),
            Json.number(said.get("serving")),
            (String) said.get("pass"),
            (String) said.get("expires_at"),
            Json.number(said.get("retry_after_s")));
    }
}
