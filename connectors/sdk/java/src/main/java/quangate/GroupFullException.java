// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `group-full`: Group full. */
public class GroupFullException extends QuangateException {
    private static final long serialVersionUID = 1L;

    GroupFullException(Problem said) { super(said); }
}
