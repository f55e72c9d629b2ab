// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `overloaded`: Too much is going on. */
public class OverloadedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    OverloadedException(Problem said) { super(said); }
}
