// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `price-changed`: The price is no longer that. */
public class PriceChangedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    PriceChangedException(Problem said) { super(said); }
}
