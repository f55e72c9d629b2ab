// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `body-too-large`: The body is too large. */
public class BodyTooLargeException extends QuangateException {
    private static final long serialVersionUID = 1L;

    BodyTooLargeException(Problem said) { super(said); }
}
