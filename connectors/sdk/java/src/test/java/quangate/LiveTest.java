package quangate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static quangate.Conformance.like;
import static quangate.Conformance.likeError;
import static quangate.Conformance.member;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases that a running gateway answers, held against this client: QUANGATE_LIVE says where its
 * world is written (connectors/sdk/live.py).
 */
class LiveTest {
    private static final Duration PATIENCE = Duration.ofSeconds(120); // only ends what hangs
    private static final long POLL_MS = 50;

    private final String url;
    private final Map<String, Object> keys;

    LiveTest() throws IOException {
        Map<String, Object> world = Json.object(Files.readString(Path.of(Conformance.environment("QUANGATE_LIVE"))));
        url = Json.text(world.get("url"));
        keys = Json.map(Json.map(world.get("keys")).get("java"));
    }

    @TestFactory
    Stream<DynamicTest> live() {
        return Conformance.each("live.json", said -> {
            Map<String, Object> kept = new HashMap<>(Map.of("run", keys.get("run")));
            for (Object step : Json.list(said.get("steps"))) play(filled(Json.map(step), kept), kept);
        });
    }

    private void play(Map<String, Object> step, Map<String, Object> kept) throws InterruptedException {
        Instant until = Instant.now().plus(step.get("until") == null ? Duration.ZERO : PATIENCE);
        while (true) {
            try {
                judge(step, outcome(step), kept);
                return;
            } catch (AssertionError wrong) {
                if (!Instant.now().isBefore(until)) throw wrong;
            }
            Thread.sleep(POLL_MS);
        }
    }

    /** What is kept of an outcome stands in later steps. */
    private static Map<String, Object> filled(Map<String, Object> step, Map<String, Object> kept) {
        String text = Json.write(step);
        for (Map.Entry<String, Object> each : kept.entrySet()) {
            String is = each.getValue() instanceof Number ? each.getValue().toString() : "\"" + each.getValue() + "\"";
            text = text.replace("\"{" + each.getKey() + "}\"", is).replace("{" + each.getKey() + "}", each.getValue().toString());
        }
        return Json.object(text);
    }

    private Quangate client(Map<String, Object> key) {
        Quangate client = Quangate.builder().baseUrl(url).keyId(Json.text(key.get("key_id")))
            .secret(Json.text(key.get("secret"))).deliveryKeys(Json.texts(key.get("delivery_keys"))).timeout(PATIENCE).build();
        client.core.sleep = seconds -> { };
        if (key.get("offset_s") != null) client.core.offset.set(Json.number(key.get("offset_s")));
        return client;
    }

    private Object outcome(Map<String, Object> step) {
        try {
            return ConformanceTest.call(client(Json.map(keys.get(Json.text(step.get("as"))))), Json.map(step.get("call")));
        } catch (QuangateException failed) {
            return failed;
        }
    }

    private void judge(Map<String, Object> step, Object outcome, Map<String, Object> kept) {
        if (step.get("error") != null) {
            likeError(Json.map(step.get("error")), outcome instanceof QuangateException failed ? failed : null);
            return;
        }
        if (outcome instanceof QuangateException failed) throw new AssertionError(failed);
        Object seen = step.get("first") == null ? outcome : ((List<?>) outcome).get(0);
        Object said = step.get("first") == null ? step.get("gives") : step.get("first");
        if (said != null) like(said, seen);
        boolean isOpened = Stream.of("opens", "unopened", "code").anyMatch(step::containsKey);
        List<String> opened = isOpened ? opened(step, ((Order) seen).codes()) : List.of();
        if (step.get("keeps") == null) return;
        Json.texts(step.get("keeps")).forEach((name, member) ->
            kept.put(name, member.equals("code") ? opened.get(0) : member(seen, member)));
    }

    private List<String> opened(Map<String, Object> step, List<Code> sealed) {
        assertFalse(sealed.isEmpty(), "no codes");
        List<Code> codes = step.get("opens_as") == null ? sealed : withKeysOf(Json.text(step.get("opens_as")), sealed);
        if (step.get("unopened") != null) {
            assertThrows(InvalidCodeException.class, codes.get(0)::open);
            return List.of();
        }
        List<String> found = codes.stream().map(code -> code.open().code()).toList();
        long wanted = step.get("opens") == null ? found.size() : Json.number(step.get("opens"));
        assertEquals(wanted, new HashSet<>(found).size(), "codes");
        if (step.get("code") != null) assertEquals(step.get("code"), found.get(0));
        return found;
    }

    private List<Code> withKeysOf(String name, List<Code> codes) {
        KeyRing ring = new KeyRing(Json.texts(Json.map(keys.get(name)).get("delivery_keys")));
        return codes.stream().map(code -> new Code(code.jwe(), ring)).toList();
    }
}
