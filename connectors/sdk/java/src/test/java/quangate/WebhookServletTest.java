package quangate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The ready handler: 204 once, 400 for what is not of the gateway, 500 where handling failed. */
class WebhookServletTest {
    private static final String SECRET = "whsec_YSB3ZWJob29rIHNlY3JldCBvZiAzMiBieXRlcy4uLi4u";
    private static final String BODY = Json.text(Conformance.named("webhooks.json", "an order's").get("body"));

    private static Map<String, String> signed(byte[] body) {
        String stamp = Long.toString(System.currentTimeMillis() / 1000);
        byte[] key = Base64.getDecoder().decode(SECRET.substring(6));
        byte[] mac = Signing.hmac(key, ("msg_1." + stamp + ".").getBytes(StandardCharsets.UTF_8), body);
        return Map.of("Webhook-Id", "msg_1", "Webhook-Timestamp", stamp,
            "Webhook-Signature", "v1," + Base64.getEncoder().encodeToString(mac));
    }

    private static int post(WebhookServlet servlet, byte[] body, Map<String, String> headers) throws Exception {
        Map<String, Integer> answer = new HashMap<>();
        ClassLoader loader = WebhookServletTest.class.getClassLoader();
        var request = (HttpServletRequest) Proxy.newProxyInstance(loader, new Class<?>[] {HttpServletRequest.class},
            (self, method, given) -> switch (method.getName()) {
                case "getInputStream" -> stream(body);
                case "getHeaderNames" -> Collections.enumeration(headers.keySet());
                case "getHeader" -> headers.get((String) given[0]);
                default -> throw new AssertionError(method);
            });
        var response = (HttpServletResponse) Proxy.newProxyInstance(loader, new Class<?>[] {HttpServletResponse.class},
            (self, method, given) -> {
                assertEquals("setStatus", method.getName());
                return answer.put("status", (Integer) given[0]);
            });
        servlet.doPost(request, response);
        return answer.get("status");
    }

    private static ServletInputStream stream(byte[] body) {
        ByteArrayInputStream from = new ByteArrayInputStream(body);
        return new ServletInputStream() {
            @Override
            public int read() { return from.read(); }

            @Override
            public boolean isFinished() { return from.available() == 0; }

            @Override
            public boolean isReady() { return true; }

            @Override
            public void setReadListener(ReadListener listener) { throw new UnsupportedOperationException(); }
        };
    }

    /** What verifies is handled once, and answered 204 also when it comes again. */
    @Test
    void whatVerifiesIsHandledOnce() throws Exception {
        List<String> handled = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        WebhookServlet servlet = new WebhookServlet(List.of(SECRET), event -> {
            handled.add(event.order().orderNo());
            seen.add(event.id());
        }, seen::contains);
        byte[] body = BODY.getBytes(StandardCharsets.UTF_8);
        assertEquals(204, post(servlet, body, signed(body)));
        assertEquals(204, post(servlet, body, signed(body)));
        assertEquals(List.of("712000000000001"), handled);
    }

    /** What does not verify, or has no end, is answered 400 and not handled. */
    @Test
    void whatDoesNotVerifyIsRefused() throws Exception {
        WebhookServlet servlet = new WebhookServlet(List.of(SECRET), event -> { throw new AssertionError(); }, null);
        byte[] body = BODY.getBytes(StandardCharsets.UTF_8);
        byte[] large = (BODY + " ".repeat((1 << 20) + 1 - body.length)).getBytes(StandardCharsets.UTF_8); // a byte too much
        assertEquals(400, post(servlet, (BODY + " ").getBytes(StandardCharsets.UTF_8), signed(body)));
        assertEquals(400, post(servlet, body, Map.of()));
        assertEquals(400, post(servlet, large, signed(large)));
    }

    /** Where handling fails it is 500, so that the message comes again. */
    @Test
    void aFailedHandlerIsToldAgain() throws Exception {
        WebhookServlet servlet = new WebhookServlet(List.of(SECRET), event -> { throw new IllegalStateException(); }, id -> false);
        byte[] body = BODY.getBytes(StandardCharsets.UTF_8);
        assertEquals(500, post(servlet, body, signed(body)));
        WebhookServlet refusing = new WebhookServlet(List.of(SECRET), event -> { throw new InvalidWebhookException("mine"); }, null);
        assertEquals(500, post(refusing, body, signed(body)));
    }

    /** A secret that is none is said where the servlet is made. */
    @Test
    void aSecretThatIsNoneIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new WebhookServlet(List.of("whsec_*"), event -> {}, null));
    }
}
