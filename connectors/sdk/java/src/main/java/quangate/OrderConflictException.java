// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `order-conflict`: The order number was used for other content. */
public class OrderConflictException extends QuangateException {
    private static final long serialVersionUID = 1L;

    OrderConflictException(Problem said) { super(said); }
}
