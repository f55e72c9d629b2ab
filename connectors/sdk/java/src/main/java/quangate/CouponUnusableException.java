// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `coupon-unusable`: Coupon unusable. */
public class CouponUnusableException extends QuangateException {
    private static final long serialVersionUID = 1L;

    CouponUnusableException(Problem said) { super(said); }
}
