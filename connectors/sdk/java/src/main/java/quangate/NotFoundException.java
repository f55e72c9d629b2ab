// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `not-found`: There is no such thing. */
public class NotFoundException extends QuangateException {
    private static final long serialVersionUID = 1L;

    NotFoundException(Problem said) { super(said); }
}
