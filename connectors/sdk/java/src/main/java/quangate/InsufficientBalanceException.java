// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `insufficient-balance`: The account has too little money. */
public class InsufficientBalanceException extends QuangateException {
    private static final long serialVersionUID = 1L;

    InsufficientBalanceException(Problem said) { super(said); }
}
