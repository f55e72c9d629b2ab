// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `internal`: Something went wrong here. */
public class InternalException extends QuangateException {
    private static final long serialVersionUID = 1L;

    InternalException(Problem said) { super(said); }
}
