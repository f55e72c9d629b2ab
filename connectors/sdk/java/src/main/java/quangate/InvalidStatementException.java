package quangate;

/** A statement that does not open, match or verify. */
public class InvalidStatementException extends QuangateException {
    private static final long serialVersionUID = 1L;

    InvalidStatementException(String detail) {
        super(Problem.of("invalid-statement", detail, 0, false));
    }
}
