package quangate;

import java.util.Map;

/** A code in the clear; what it has not is null. It shows nothing when it is printed, or made JSON of. */
public final class Opened {
    private final transient Map<String, Object> said;

    Opened(Map<String, Object> said) { this.said = said; }

    public String code() { return (String) said.get("code"); }

    public String pin() { return (String) said.get("pin"); }

    public String url() { return (String) said.get("url"); }

    public String expiresAt() { return (String) said.get("expires_at"); }

    @Override
    public String toString() { return "Opened(…)"; }
}
