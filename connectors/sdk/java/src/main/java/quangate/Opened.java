package quangate;

/** A code in the clear; what it has not is null. It shows nothing when it is printed, or made JSON of. */
public final class Opened {
    private final transient String code;
    private final transient String pin;
    private final transient String url;
    private final transient String expiresAt;

    Opened(String code, String pin, String url, String expiresAt) {
        this.code = code;
        this.pin = pin;
        this.url = url;
        this.expiresAt = expiresAt;
    }

    public String code() { return code; }

    public String pin() { return pin; }

    public String url() { return url; }

    public String expiresAt() { return expiresAt; }

    @Override
    public String toString() { return "Opened(…)"; }
}
