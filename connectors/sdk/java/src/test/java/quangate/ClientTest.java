package quangate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.shaded.gson.Gson;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is this client's own, beside the cases of every client. */
@Timeout(60) // ends only what hangs
class ClientTest {
    private static final Map<String, Object> SEALED = Conformance.named("codes.json", "a code and a pin");

    private static Quangate.Builder client() {
        return Quangate.builder().baseUrl(Conformance.NOBODY).keyId(Conformance.KEY_ID).secret(Conformance.SECRET);
    }

    /** The jar's number is the one that it says of itself. */
    @Test
    void itsVersionIsTheJars() {
        assertEquals(System.getProperty("quangate.version"), Core.VERSION);
        assertTrue(Quangate.class.getProtectionDomain().getCodeSource().getLocation().getPath().endsWith(".jar"));
    }

    /** Half of a surrogate pair is refused here: sent, it would be another order's number. */
    @Test
    void halfALetterIsRefused() {
        Quangate client = client().build();
        QuangateException refused = assertThrows(
            InvalidRequestException.class, () -> client.orders().place(OrderIn.of("B\ud800", "S")));
        assertEquals("invalid-request", refused.code());
        assertFalse(refused.retryable());
        assertThrows(InvalidRequestException.class, () -> client.orders().getByOutNo("B\ud800"));
    }

    /** Neither text nor JSON of what a program holds has a code, a secret or a delivery key in it. */
    @Test
    void nothingSecretIsShown() {
        Map<String, String> keys = Json.texts(SEALED.get("keys"));
        Quangate.Builder builder = client().deliveryKeys(keys);
        Quangate client = builder.deliveryKey(keys.get(Conformance.KEY_ID)).build();
        Code code = new Code(Json.text(SEALED.get("jwe")), client.core.keys);
        Order order = Order.of(Map.of("codes", List.of(Map.of("jwe", code.jwe()))), client.core.keys);
        Opened opened = code.open();
        assertEquals("AE-0001", opened.code());
        assertEquals("4711", opened.pin());
        List<String> hidden = List.of(
            Conformance.SECRET.substring(3), keys.get(Conformance.KEY_ID).substring(3), code.jwe(), opened.code(), opened.pin());
        Gson gson = new Gson();
        List<String> shown = new ArrayList<>();
        for (Object one : List.of(client, client.core.keys, code, opened, order, new Event("", "", "", 0, null, order, false))) {
            shown.add(one.toString());
            shown.add(gson.toJson(one));
        }
        for (Object one : List.of(builder, client.orders(), client.statements(), client.core)) shown.add(one.toString());
        for (String text : shown) for (String one : hidden) assertFalse(text.contains(one), text);
    }

    /** What goes wrong with a secret or a key says nothing of it, nor does the trace of its causes. */
    @Test
    void nothingSecretIsThrown() {
        String key = Json.texts(SEALED.get("keys")).get(Conformance.KEY_ID);
        String other = "qd_" + "A".repeat(43);
        Code code = new Code(Json.text(SEALED.get("jwe")), new KeyRing(Map.of(Conformance.KEY_ID, other)));
        List<Throwable> thrown = List.of(
            assertThrows(InvalidCodeException.class, code::open),
            assertThrows(IllegalArgumentException.class, () -> client().secret(key).build()),
            assertThrows(IllegalArgumentException.class, () -> client().secret(Conformance.SECRET + "*").build()),
            assertThrows(IllegalArgumentException.class, () -> client().deliveryKey(Conformance.SECRET + "AAAA").build()),
            assertThrows(IllegalArgumentException.class, () -> Webhooks.verify(new byte[0],
                Map.of("webhook-id", "m", "webhook-timestamp", Long.toString(System.currentTimeMillis() / 1000)),
                List.of(Conformance.SECRET))));
        for (Throwable one : thrown) {
            ByteArrayOutputStream trace = new ByteArrayOutputStream();
            one.printStackTrace(new PrintStream(trace, true, StandardCharsets.UTF_8));
            String text = trace.toString(StandardCharsets.UTF_8);
            for (String hidden : List.of(Conformance.SECRET.substring(3), key.substring(3), other.substring(3), code.jwe())) {
                assertFalse(text.contains(hidden), text);
            }
        }
    }

    /** A client that could never work is not made. */
    @Test
    void whatCannotBeIsRefused() {
        for (Quangate.Builder wrong : List.of(
                client().baseUrl("http://gateway.example"), client().baseUrl("nowhere"), client().baseUrl(null),
                client().baseUrl("https://u@gateway.example"), client().secret(Conformance.SECRET.substring(3)), client().secret(null),
                client().deliveryKey(Conformance.SECRET), client().maxRetries(-1), client().timeout(Duration.ZERO), client().timeout(null))) {
            assertThrows(IllegalArgumentException.class, wrong::build, wrong.toString());
        }
        for (String number : List.of("", ".", "..")) {
            assertThrows(IllegalArgumentException.class, () -> client().build().orders().getByOutNo(number));
        }
    }

    /** Whoever asks, whenever: the same number for an intent, and another for another. */
    @Test
    void anIntentHasOneNumber(@TempDir Path folder) throws Exception {
        Path place = folder.resolve("numbers");
        ExecutorService many = Executors.newFixedThreadPool(20);
        List<Future<String>> asked = IntStream.range(0, 60)
            .mapToObj(i -> many.submit(() -> new NumberStore(place).number("basket " + i % 3))).toList();
        List<String> numbers = new ArrayList<>();
        for (Future<String> one : asked) numbers.add(one.get());
        many.shutdown();
        for (int i = 0; i < numbers.size(); i++) {
            assertEquals(numbers.get(i % 3), numbers.get(i));
            assertTrue(numbers.get(i).matches("[A-Za-z0-9]{1,64}"));
        }
        assertEquals(3, new HashSet<>(numbers).size());
        // Half of a surrogate pair has no bytes of its own: two intents would have one number.
        assertThrows(InvalidRequestException.class, () -> new NumberStore(place).number("a\ud800"));
        try (var files = Files.list(place)) {
            assertEquals(3, files.count());
        }
    }

    /** A thread that is interrupted between two tries does not say that nothing was sent. */
    @Test
    void anInterruptedOrderIsUnknown() throws Exception {
        try (ServerSocket dropping = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> {
                while (!dropping.isClosed()) {
                    try (Socket one = dropping.accept()) {
                        one.getInputStream().read(new byte[1 << 16]);
                    } catch (java.io.IOException over) {
                        return;
                    }
                }
            });
            server.start();
            Quangate client = client().baseUrl("http://127.0.0.1:" + dropping.getLocalPort()).build();
            client.core.sleep = seconds -> {
                Thread.currentThread().interrupt();
                throw QuangateException.connectionFailed(false);
            };
            UnknownOutcomeException failed = assertThrows(
                UnknownOutcomeException.class, () -> client.orders().place(OrderIn.of("A1", "VIP-MONTH")));
            assertTrue(Thread.interrupted());
            assertEquals("A1", failed.outOrderNo());
            assertInstanceOf(QuangateException.class, failed);
        }
    }

    /** An answer that begins and never ends is given up, too: its outcome is unknown. */
    @Test
    void anAnswerThatNeverEndsIsGivenUp() throws Exception {
        List<Socket> held = new ArrayList<>();
        try (ServerSocket stalling = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> {
                while (true) {
                    try {
                        Socket one = stalling.accept();
                        held.add(one);
                        one.getInputStream().read(new byte[1 << 16]);
                        one.getOutputStream().write("HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{".getBytes(StandardCharsets.US_ASCII));
                    } catch (java.io.IOException over) {
                        return;
                    }
                }
            });
            server.start();
            Quangate client = client().baseUrl("http://127.0.0.1:" + stalling.getLocalPort())
                .timeout(Duration.ofMillis(200)).maxRetries(0).build();
            assertThrows(UnknownOutcomeException.class, () -> client.orders().place(OrderIn.of("A1", "VIP-MONTH")));
        } finally {
            for (Socket one : held) one.close();
        }
    }
}
