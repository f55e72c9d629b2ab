// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `maintenance`: Out of service for a moment. */
public class MaintenanceException extends QuangateException {
    private static final long serialVersionUID = 1L;

    MaintenanceException(Problem said) { super(said); }
}
