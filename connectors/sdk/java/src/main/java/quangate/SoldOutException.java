// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `sold-out`: The SKU is sold out. */
public class SoldOutException extends QuangateException {
    private static final long serialVersionUID = 1L;

    SoldOutException(Problem said) { super(said); }
}
