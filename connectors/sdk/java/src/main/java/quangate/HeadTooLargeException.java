// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `head-too-large`: The headers are too large. */
public class HeadTooLargeException extends QuangateException {
    private static final long serialVersionUID = 1L;

    HeadTooLargeException(Problem said) { super(said); }
}
