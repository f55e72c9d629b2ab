// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `invalid-request`: The request is not valid. */
public class InvalidRequestException extends QuangateException {
    private static final long serialVersionUID = 1L;

    InvalidRequestException(Problem said) { super(said); }
}
