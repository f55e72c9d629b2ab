// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `purchase-limit`: The purchase limit is reached. */
public class PurchaseLimitException extends QuangateException {
    private static final long serialVersionUID = 1L;

    PurchaseLimitException(Problem said) { super(said); }
}
