// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `busy`: The last codes are being handed out. */
public class BusyException extends QuangateException {
    private static final long serialVersionUID = 1L;

    BusyException(Problem said) { super(said); }
}
