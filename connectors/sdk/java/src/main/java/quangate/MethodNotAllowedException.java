// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `method-not-allowed`: The method is not allowed here. */
public class MethodNotAllowedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    MethodNotAllowedException(Problem said) { super(said); }
}
