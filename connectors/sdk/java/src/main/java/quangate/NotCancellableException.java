// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `not-cancellable`: The order can no longer be cancelled. */
public class NotCancellableException extends QuangateException {
    private static final long serialVersionUID = 1L;

    NotCancellableException(Problem said) { super(said); }
}
