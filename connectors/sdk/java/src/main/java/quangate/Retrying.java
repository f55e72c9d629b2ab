package quangate;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

/** When to try again. */
final class Retrying {
    static final double WAITED_FOR_S = 60; // a longer Retry-After is not waited for

    private Retrying() {}

    static boolean isRetried(int status) {
        return status == 429 || status == 502 || status == 503 || status == 504;
    }

    /** What the header means from now on, in seconds; null: it says nothing. */
    static Double retryAfter(String said, Instant now) {
        String text = said == null ? "" : said.strip();
        if (text.matches("[0-9]+")) return text.length() > 9 ? Double.MAX_VALUE : Double.parseDouble(text);
        try {
            Instant moment = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return Math.max(0, Duration.between(now, moment).toMillis() / 1000.0);
        } catch (DateTimeParseException none) {
            return null;
        }
    }

    /**
     * How long to wait after so many tries, in seconds; null: do not try again. Half of it is certain,
     * the other half is chance (in [0, 1)), so that callers that failed together come back apart.
     */
    static Double pause(int tries, String said, double chance, Instant now) {
        Double asked = retryAfter(said, now);
        if (asked != null) return asked <= WAITED_FOR_S ? asked : null;
        return Math.min(8, 0.5 * Math.pow(2, tries - 1)) * (0.5 + 0.5 * chance);
    }
}
