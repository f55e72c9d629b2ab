package quangate;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Answers 204 to what verifies once it was handled, 400 to what does not, 500 where handling failed:
 * then it comes again. */
public class WebhookServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final int BODY_MAX = 1 << 20;
    private final transient List<String> secrets;
    private final transient Consumer<Event> handle;
    private final transient Predicate<String> seen;

    /** {@code seen} (or null) says whether a message of this id was handled already: then it is answered only. */
    public WebhookServlet(List<String> secrets, Consumer<Event> handle, Predicate<String> seen) {
        secrets.forEach(Webhooks::key);
        this.secrets = List.copyOf(secrets);
        this.handle = handle;
        this.seen = seen;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        byte[] body = request.getInputStream().readNBytes(BODY_MAX + 1);
        Map<String, String> headers = new HashMap<>();
        for (String name : Collections.list(request.getHeaderNames())) headers.put(name, request.getHeader(name));
        Event event;
        try {
            if (body.length > BODY_MAX) throw new InvalidWebhookException("it is too large");
            event = Webhooks.verify(body, headers, secrets, Duration.ofMinutes(5), seen);
        } catch (InvalidWebhookException refused) {
            response.setStatus(400);
            return;
        }
        try {
            if (!event.seen()) handle.accept(event);
            response.setStatus(204);
        } catch (RuntimeException failed) {
            response.setStatus(500);
        }
    }
}
