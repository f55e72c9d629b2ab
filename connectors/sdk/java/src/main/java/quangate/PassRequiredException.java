// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `pass-required`: The campaign takes orders only with a pass. */
public class PassRequiredException extends QuangateException {
    private static final long serialVersionUID = 1L;

    PassRequiredException(Problem said) { super(said); }
}
