// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `pass-invalid`: The pass is not valid. */
public class PassInvalidException extends QuangateException {
    private static final long serialVersionUID = 1L;

    PassInvalidException(Problem said) { super(said); }
}
