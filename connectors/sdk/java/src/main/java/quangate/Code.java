package quangate;

/** A sealed code of an order. */
public final class Code {
    private final transient String jwe; // no writer of JSON finds it
    private final transient KeyRing keys;

    Code(String jwe, KeyRing keys) {
        this.jwe = jwe;
        this.keys = keys;
    }

    /** The code in the clear. It needs the key's delivery key; throws InvalidCodeException. */
    public Opened open() { return keys.open(jwe); }

    /** The code as it came, still sealed. */
    public String jwe() { return jwe; }

    @Override
    public String toString() { return "Code(…)"; }
}
