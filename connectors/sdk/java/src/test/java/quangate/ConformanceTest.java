package quangate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static quangate.Conformance.like;
import static quangate.Conformance.likeError;
import static quangate.Conformance.strings;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The cases of every client, held against this one. */
class ConformanceTest {
    private static final HttpClient CONTROL = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TestFactory
    Stream<DynamicTest> signatures() {
        return Conformance.each("signing.json", said -> {
            String secret = Json.text(said.get("secret"));
            if (said.get("refused") != null) {
                assertThrows(IllegalArgumentException.class, () -> client(Conformance.NOBODY).secret(secret).build());
                return;
            }
            assertEquals(said.get("signature"), Signing.signature(
                Signing.key("qs_", secret, "a secret"), Json.text(said.get("method")), Json.text(said.get("target")),
                Json.text(said.get("timestamp")), Json.text(said.get("nonce")), bytes(said.get("body"))));
        });
    }

    @TestFactory
    Stream<DynamicTest> codes() {
        return Conformance.each("codes.json", said -> {
            Code code = new Code(Json.text(said.get("jwe")), new KeyRing(Json.texts(said.get("keys"))));
            if (said.get("error") != null) assertThrows(InvalidCodeException.class, code::open);
            else like(said.get("opens"), code.open());
        });
    }

    @TestFactory
    Stream<DynamicTest> webhooks() {
        return Conformance.each("webhooks.json", said -> {
            Clock clock = Clock.fixed(Instant.ofEpochSecond(Json.number(said.get("now"))), ZoneOffset.UTC);
            List<String> seen = said.get("seen") == null ? List.of() : strings(said.get("seen"));
            Duration tolerance = Duration.ofSeconds(Json.number(said.get("tolerance")));
            Map<String, String> headers = Json.texts(said.get("headers"));
            List<String> secrets = strings(said.get("secrets"));
            byte[] body = bytes(said.get("body"));
            if (said.get("error") != null) {
                likeError(Map.of("code", said.get("error")), assertThrows(InvalidWebhookException.class,
                    () -> Webhooks.verify(body, headers, secrets, tolerance, seen::contains, clock)));
            } else {
                like(said.get("event"), Webhooks.verify(body, headers, secrets, tolerance, seen::contains, clock));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> delays() {
        return Conformance.each("delays.json", said -> {
            Double pause = Retrying.pause(
                Json.number(said.get("tries")).intValue(), (String) said.get("retry_after"),
                ((Number) said.get("chance")).doubleValue(), Instant.ofEpochSecond(Json.number(said.get("now"))));
            if (said.get("waits") == null) assertNull(pause);
            else assertEquals(((Number) said.get("waits")).doubleValue(), pause, 1e-9);
        });
    }

    @TestFactory
    Stream<DynamicTest> answers() { return Conformance.each("answers.json", ConformanceTest::play); }

    @TestFactory
    Stream<DynamicTest> retries() { return Conformance.each("retries.json", ConformanceTest::play); }

    private static byte[] bytes(Object said) { return Json.text(said).getBytes(StandardCharsets.UTF_8); }

    private static Quangate.Builder client(String url) {
        return Quangate.builder().baseUrl(url).keyId(Conformance.KEY_ID).secret(Conformance.SECRET);
    }

    /** Begins a case (null: tells what came since). */
    private static List<Map<String, Object>> control(Map<String, Object> said) throws Exception {
        HttpRequest.Builder asked = HttpRequest.newBuilder(URI.create(Conformance.environment("QUANGATE_SCRIPTED") + "/_case"));
        if (said != null) asked.PUT(HttpRequest.BodyPublishers.ofString(Json.write(said)));
        String answer = CONTROL.send(asked.build(), HttpResponse.BodyHandlers.ofString()).body();
        return Json.list(Json.object("{\"came\":" + answer + "}").get("came")).stream().map(Json::map).toList();
    }

    private static void play(Map<String, Object> said) throws Exception {
        control(said);
        long timeout = said.get("timeout_s") == null ? 120 : Json.number(said.get("timeout_s"));
        Quangate client = client(said.get("closed") == null ? Conformance.environment("QUANGATE_SCRIPTED") : Conformance.NOBODY)
            .timeout(Duration.ofSeconds(timeout)).maxRetries(Json.number(said.get("max_retries")).intValue()).build();
        List<Double> waits = new ArrayList<>();
        client.core.sleep = waits::add;
        Object outcome;
        try {
            outcome = call(client, Json.map(said.get("call")));
        } catch (QuangateException failed) {
            outcome = failed;
        }
        List<Map<String, Object>> came = control(null);
        if (outcome instanceof QuangateException failed) {
            if (said.get("error") == null) throw failed;
            likeError(Json.map(said.get("error")), failed);
        } else {
            assertNull(said.get("error"), "there was no error");
            like(said.get("gives"), outcome);
        }
        judge(said, came, waits);
    }

    private static void judge(Map<String, Object> said, List<Map<String, Object>> came, List<Double> waits) {
        for (Map<String, Object> one : came) {
            assertEquals(true, one.get("signed"), "not signed: " + one);
            assertEquals("quangate-java/" + Core.VERSION, one.get("agent"));
        }
        if (said.get("waits") instanceof List<?> bounds) {
            assertEquals(bounds.size(), waits.size(), "waited " + waits);
            for (int i = 0; i < bounds.size(); i++) {
                List<Object> bound = Json.list(bounds.get(i));
                double least = ((Number) bound.get(0)).doubleValue();
                double most = ((Number) bound.get(1)).doubleValue();
                assertTrue(least <= waits.get(i) && waits.get(i) <= most, "waited " + waits);
            }
        }
        if (said.get("requests") instanceof List<?> requests) {
            assertEquals(requests.size(), came.size(), "requests");
            for (int i = 0; i < requests.size(); i++) {
                Map<String, Object> one = new HashMap<>(came.get(i));
                if (Json.map(requests.get(i)).get("body") instanceof Map<?, ?> body) {
                    one.put("body", Json.object(Json.text(one.get("body"))));
                    assertEquals(body.keySet(), Json.map(one.get("body")).keySet());
                }
                like(requests.get(i), one);
            }
        }
    }

    static Object call(Quangate client, Map<String, Object> said) {
        // Where a case has the mark for it: half of a surrogate pair, which no JSON brings everywhere.
        Map<String, Object> arguments = Json.object(Json.write(Json.map(said.get("arguments"))).replace('\u2759', '\ud800'));
        Map<String, String> texts = new LinkedHashMap<>();
        arguments.forEach((name, value) -> texts.put(name, String.valueOf(value)));
        return switch (Json.text(said.get("method"))) {
            case "orders.place" -> client.orders().place(order(arguments));
            case "orders.batch" -> client.orders().batch(
                Json.list(arguments.get("orders")).stream().map(one -> order(Json.map(one))).toList());
            case "orders.get" -> client.orders().get(texts.get("order_no"));
            case "orders.get_by_out_no" -> client.orders().getByOutNo(texts.get("out_order_no"));
            case "orders.cancel" -> client.orders().cancel(texts.get("order_no"));
            case "products.get" -> client.products().get(texts.get("sku"));
            case "account.get" -> client.account().get();
            case "cases.open" -> client.cases().open(texts.get("order_no"), without(arguments, "order_no"));
            case "cases.get" -> client.cases().get(texts.get("case_no"));
            case "cases.list" -> all(client.cases().list(texts));
            case "cases.withdraw" -> client.cases().withdraw(texts.get("case_no"));
            case "holds.place" -> client.holds().place(arguments);
            case "holds.get" -> client.holds().get(texts.get("hold_no"));
            case "holds.confirm" -> client.holds().confirm(texts.get("hold_no"), without(arguments, "hold_no"));
            case "holds.release" -> client.holds().release(texts.get("hold_no"));
            case "orders.list" -> all(client.orders().list(texts));
            case "products.list" -> all(client.products().list(texts));
            case "account.entries" -> all(client.account().entries(texts));
            default -> throw new AssertionError("no such call");
        };
    }

    private static Map<String, Object> without(Map<String, Object> said, String inPath) {
        Map<String, Object> rest = new LinkedHashMap<>(said);
        rest.remove(inPath);
        return rest;
    }

    private static OrderIn order(Map<String, Object> said) {
        OrderIn made = OrderIn.of((String) said.get("out_order_no"), (String) said.get("sku"));
        for (Map.Entry<String, Object> each : said.entrySet()) {
            Object value = each.getValue();
            made = switch (each.getKey()) {
                case "out_order_no", "sku" -> made;
                case "quantity" -> made.quantity(Json.number(value));
                case "account" -> made.account((String) value);
                case "max_amount" -> made.maxAmount(Json.number(value));
                case "campaign" -> made.campaign((String) value);
                case "notify_url" -> made.notifyUrl((String) value);
                case "metadata" -> made.metadata(Json.texts(value));
                case "buyer" -> {
                    Map<String, String> buyer = Json.texts(value);
                    yield made.buyer(buyer.get("id"), buyer.get("ip"), buyer.get("device"));
                }
                default -> throw new AssertionError("an order has no " + each.getKey());
            };
        }
        return made;
    }

    private static <T> List<T> all(Iterable<T> rows) {
        List<T> found = new ArrayList<>();
        rows.forEach(found::add);
        return found;
    }
}
