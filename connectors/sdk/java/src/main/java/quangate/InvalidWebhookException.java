package quangate;

/** A webhook that does not open, match or verify. */
public class InvalidWebhookException extends QuangateException {
    private static final long serialVersionUID = 1L;

    InvalidWebhookException(String detail) {
        super(Problem.of("invalid-webhook", detail, 0, false));
    }
}
