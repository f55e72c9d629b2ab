package quangate;

import java.util.List;
import java.util.Map;

/** Something was refused, or went wrong. Programs look at {@link #code()} and {@link #retryable()}. */
public class QuangateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** One wrong member of a request, by a JSON pointer. */
    public record WrongMember(String pointer, String detail) {}

    private final String code;
    private final int status;
    private final boolean retryable;
    private final String traceId;
    private final transient List<WrongMember> errors;
    Long serverTime;
    String retryAfter;
    boolean lost; // the request may have been carried out

    QuangateException(Problem said) {
        super(said.detail() == null || said.detail().isEmpty() ? said.code() : said.code() + ": " + said.detail());
        code = said.code();
        status = said.status();
        retryable = said.retryable();
        traceId = said.traceId();
        errors = said.errors();
    }

    /** What a problem says. */
    record Problem(String code, String detail, int status, boolean retryable, String traceId, List<WrongMember> errors) {
        static Problem of(String code, String detail, int status, boolean retryable) {
            return new Problem(code, detail, status, retryable, "", List.of());
        }
    }

    public String code() { return code; }

    /** Of the answer; 0: there was none. */
    public int status() { return status; }

    public boolean retryable() { return retryable; }

    public String traceId() { return traceId; }

    public List<WrongMember> errors() { return errors; }

    static QuangateException of(String code, String detail, int status, boolean retryable) {
        return Problems.of(Problem.of(code, detail, status, retryable));
    }

    static QuangateException unexpected(int status, String retryAfter) {
        QuangateException made = of(
            "unexpected-answer", "the answer (" + status + ") is none of a gateway", status, Retrying.isRetried(status));
        made.retryAfter = retryAfter;
        return made;
    }

    static QuangateException connectionFailed(boolean lost) {
        QuangateException made = of("connection-failed", "there was no answer", 0, true);
        made.lost = lost;
        return made;
    }

    /** The error that an answer means; one that is not ours is unexpected-answer. */
    static QuangateException read(int status, String body, String retryAfter) {
        Map<String, Object> said = Json.object(body);
        if (said == null || !(said.get("code") instanceof String code)) return unexpected(status, retryAfter);
        String detail = said.get("detail") instanceof String text && !text.isEmpty() ? text : Json.text(said.get("title"));
        List<WrongMember> errors = said.get("errors") instanceof List<?> list
            ? list.stream().filter(Map.class::isInstance).map(Map.class::cast)
                .map(one -> new WrongMember(Json.text(one.get("pointer")), Json.text(one.get("detail")))).toList()
            : List.of();
        QuangateException made = Problems.of(new Problem(
            code, detail, status, Boolean.TRUE.equals(said.get("retryable")), Json.text(said.get("trace_id")), errors));
        made.serverTime = said.get("server_time") instanceof Number number ? number.longValue() : null;
        made.retryAfter = retryAfter;
        return made;
    }
}
