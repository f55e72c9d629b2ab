// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `hold-expired`: The hold is over, and nothing is left. */
public class HoldExpiredException extends QuangateException {
    private static final long serialVersionUID = 1L;

    HoldExpiredException(Problem said) { super(said); }
}
