// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `malformed-json`: The body is not acceptable JSON. */
public class MalformedJsonException extends QuangateException {
    private static final long serialVersionUID = 1L;

    MalformedJsonException(Problem said) { super(said); }
}
