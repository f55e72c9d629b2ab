package quangate;

/** Nobody knows what became of an order: ask later, or place it again under the same number. */
public class UnknownOutcomeException extends QuangateException {
    private static final long serialVersionUID = 1L;
    private final String outOrderNo;

    UnknownOutcomeException(String outOrderNo) {
        super(Problem.of("unknown-outcome", "of order " + outOrderNo, 0, true));
        this.outOrderNo = outOrderNo;
    }

    /** The number of the order that may have been made, or be made yet. */
    public String outOrderNo() { return outOrderNo; }
}
