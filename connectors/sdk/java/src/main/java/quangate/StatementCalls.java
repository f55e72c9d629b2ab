package quangate;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** client.statements(). */
public final class StatementCalls extends Statements {
    StatementCalls(Core core) { super(core); }

    /** A day's CSV, checked; InvalidStatementException where it is another file. */
    public byte[] download(String day) {
        Statement statement = get(day);
        URI at;
        try {
            at = core.url.resolve(statement.url());
        } catch (IllegalArgumentException none) {
            throw QuangateException.unexpected(200, "");
        }
        if (!core.url.getRawAuthority().equals(at.getRawAuthority())
            || !core.url.getScheme().equals(at.getScheme())) {
            throw QuangateException.unexpected(200, "");
        }
        HttpResponse<byte[]> answer = core.answer(
            HttpRequest.newBuilder(at).timeout(core.timeout).build(), HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) throw QuangateException.unexpected(answer.statusCode(), "");
        if (!Signing.sha256(answer.body()).equals(statement.sha256())) {
            throw new InvalidStatementException("the file does not match its sha256");
        }
        return answer.body();
    }
}
