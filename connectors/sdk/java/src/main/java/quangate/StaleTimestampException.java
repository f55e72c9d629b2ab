// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `stale-timestamp`: The request is not authenticated. */
public class StaleTimestampException extends QuangateException {
    private static final long serialVersionUID = 1L;

    StaleTimestampException(Problem said) { super(said); }
}
