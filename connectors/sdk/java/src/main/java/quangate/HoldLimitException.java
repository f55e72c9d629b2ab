// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `hold-limit`: No more can be held. */
public class HoldLimitException extends QuangateException {
    private static final long serialVersionUID = 1L;

    HoldLimitException(Problem said) { super(said); }
}
