// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `rate-limited`: Too many requests. */
public class RateLimitedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    RateLimitedException(Problem said) { super(said); }
}
