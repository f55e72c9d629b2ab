// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `unauthenticated`: The request is not authenticated. */
public class UnauthenticatedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    UnauthenticatedException(Problem said) { super(said); }
}
