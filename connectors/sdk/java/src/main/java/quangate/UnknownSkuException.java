// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `unknown-sku`: There is no such SKU. */
public class UnknownSkuException extends QuangateException {
    private static final long serialVersionUID = 1L;

    UnknownSkuException(Problem said) { super(said); }
}
