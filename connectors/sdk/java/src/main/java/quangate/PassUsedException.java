// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `pass-used`: The pass was used by another order. */
public class PassUsedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    PassUsedException(Problem said) { super(said); }
}
