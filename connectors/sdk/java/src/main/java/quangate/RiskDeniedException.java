// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `risk-denied`: Risk denied. */
public class RiskDeniedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    RiskDeniedException(Problem said) { super(said); }
}
