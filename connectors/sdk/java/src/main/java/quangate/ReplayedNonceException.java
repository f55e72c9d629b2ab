// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `replayed-nonce`: The request is not authenticated. */
public class ReplayedNonceException extends QuangateException {
    private static final long serialVersionUID = 1L;

    ReplayedNonceException(Problem said) { super(said); }
}
