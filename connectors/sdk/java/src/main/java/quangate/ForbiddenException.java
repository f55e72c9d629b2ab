// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `forbidden`: The key may not do this. */
public class ForbiddenException extends QuangateException {
    private static final long serialVersionUID = 1L;

    ForbiddenException(Problem said) { super(said); }
}
