// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** Why an order failed, wholly or in part. What is not there is null. */
public record Failure(String code, String detail) {
    static Failure of(Map<String, Object> said, KeyRing keys) {
        return new Failure(
            (String) said.get("code"),
            (String) said.get("detail"));
    }
}
