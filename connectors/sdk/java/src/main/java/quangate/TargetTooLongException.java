// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `target-too-long`: The target is too long. */
public class TargetTooLongException extends QuangateException {
    private static final long serialVersionUID = 1L;

    TargetTooLongException(Problem said) { super(said); }
}
