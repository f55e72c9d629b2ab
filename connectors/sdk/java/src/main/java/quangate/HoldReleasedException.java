// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `hold-released`: The hold was released. */
public class HoldReleasedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    HoldReleasedException(Problem said) { super(said); }
}
