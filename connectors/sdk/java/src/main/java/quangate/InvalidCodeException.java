package quangate;

/** A code that does not open, match or verify. */
public class InvalidCodeException extends QuangateException {
    private static final long serialVersionUID = 1L;

    InvalidCodeException(String detail) {
        super(Problem.of("invalid-code", detail, 0, false));
    }
}
