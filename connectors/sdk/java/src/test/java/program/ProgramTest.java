package program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import quangate.BatchResult;
import quangate.Event;
import quangate.InvalidWebhookException;
import quangate.NumberStore;
import quangate.Opened;
import quangate.Order;
import quangate.OrderConflictException;
import quangate.OrderIn;
import quangate.Quangate;
import quangate.QuangateException;
import quangate.UnknownOutcomeException;
import quangate.Webhooks;

/** What a program of a partner's may use is to be had from another package. */
class ProgramTest {
    private static final String NOBODY = "http://127.0.0.1:2"; // a port where nobody listens
    private static final Quangate CLIENT = Quangate.builder().baseUrl(NOBODY).keyId("qk_1").secret("qs_MDEyMzQ1")
        .deliveryKey("qd_" + "A".repeat(43)).deliveryKeys(Map.of("qk_0", "qd_" + "A".repeat(43)))
        .timeout(Duration.ofSeconds(60)).maxRetries(0).build();

    private static String sold(String number) {
        try {
            Order order = CLIENT.orders().place(OrderIn.of(number, "VIP-MONTH").quantity(2).account("13800138000").maxAmount(4000)
                .buyer("b1", null, null).notifyUrl("https://shop.example/hook").campaign("spring").metadata(Map.of("k", "v")));
            Opened opened = order.codes().get(0).open();
            return opened.code() + opened.pin() + opened.url() + opened.expiresAt();
        } catch (OrderConflictException conflict) {
            return conflict.traceId() + conflict.errors();
        } catch (UnknownOutcomeException unknown) {
            return unknown.outOrderNo();
        } catch (QuangateException failed) {
            return failed.code() + " " + failed.status() + " " + failed.retryable();
        }
    }

    /** Nothing was ever sent: that is no unknown outcome. */
    @Test
    void aGatewayThatIsNotThereIsSaid(@TempDir Path folder) {
        assertEquals("connection-failed 0 true", sold(new NumberStore(folder).number("basket 1")));
        assertFalse(CLIENT.toString().contains("MDEyMzQ1"));
    }

    /** Each other call is there, and says the same. */
    @Test
    void eachCallIsThere() {
        List<Runnable> calls = List.of(
            () -> CLIENT.orders().get("1"), () -> CLIENT.orders().getByOutNo("A1"), () -> CLIENT.orders().cancel("1"),
            () -> { for (Order order : CLIENT.orders().list(Map.of("state", "delivered", "limit", "9"))) order.outOrderNo(); },
            () -> CLIENT.products().list().iterator().next().sku(), () -> CLIENT.products().get("VIP-MONTH").price(),
            () -> CLIENT.account().get().balance(), () -> CLIENT.account().entries().iterator().next().amount(),
            () -> CLIENT.statements().download("2026-01-01"));
        for (Runnable call : calls) assertEquals("connection-failed", assertThrows(QuangateException.class, call::run).code());
        QuangateException failed = assertThrows(QuangateException.class, () -> {
            for (BatchResult one : CLIENT.orders().batch(List.of(OrderIn.of("A1", "VIP-MONTH")))) {
                assertTrue(one.order() == null || one.error() == null);
            }
        });
        assertEquals("connection-failed", failed.code());
    }

    /** A message of somebody else's is refused. */
    @Test
    void aMessageIsVerified() {
        assertThrows(InvalidWebhookException.class, () -> {
            Event event = Webhooks.verify("{}".getBytes(StandardCharsets.UTF_8), Map.of(), List.of("whsec_YQ=="),
                Duration.ofMinutes(5), id -> false);
            assertEquals(event.type() + event.id() + event.timestamp(), event.order().state() + event.sequence() + event.data());
        });
    }
}
