// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `case-open`: Case open. */
public class CaseOpenException extends QuangateException {
    private static final long serialVersionUID = 1L;

    CaseOpenException(Problem said) { super(said); }
}
