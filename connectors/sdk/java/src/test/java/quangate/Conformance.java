package quangate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * The cases of every client. {@code connectors/sdk/build.py} says in QUANGATE_CASES where they are, in
 * QUANGATE_SCRIPTED where a gateway answers by a script (conformance/server.py).
 */
final class Conformance {
    static final String KEY_ID = "qk_conformance";
    static final String SECRET = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    static final String NOBODY = "http://127.0.0.1:2"; // a port where nobody listens

    private Conformance() {}

    /** What is to be seen of a case. */
    interface Seen {
        void of(Map<String, Object> said) throws Exception;
    }

    static String environment(String name) {
        String said = System.getenv(name);
        assertNotNull(said, name + " is not set: python -m connectors.sdk.build java");
        return said;
    }

    static List<Map<String, Object>> read(String name) {
        try {
            String text = Files.readString(Path.of(environment("QUANGATE_CASES"), name));
            List<Object> found = Json.list(Json.object("{\"cases\":" + text + "}").get("cases"));
            assertFalse(found.isEmpty(), name);
            return found.stream().map(Json::map).toList();
        } catch (IOException wrong) {
            throw new UncheckedIOException(wrong);
        }
    }

    static Stream<DynamicTest> each(String file, Seen seen) {
        return read(file).stream().map(said -> dynamicTest((String) said.get("name"), () -> seen.of(said)));
    }

    static Map<String, Object> named(String file, String name) {
        return read(file).stream().filter(said -> name.equals(said.get("name"))).findFirst().orElseThrow();
    }

    static List<String> strings(Object said) {
        return Json.list(said).stream().map(String.class::cast).toList();
    }

    /** Compares what is said of a value with it: members by their wire's names. */
    static void like(Object said, Object found) {
        if (found instanceof BatchResult result) {
            if (said instanceof Map<?, ?> one && one.get("error") != null) {
                likeError(Json.map(one.get("error")), result.error());
                return;
            }
            found = result.order();
        }
        if (said instanceof Map<?, ?>) {
            for (Map.Entry<String, Object> each : Json.map(said).entrySet()) {
                like(each.getValue(), member(found, each.getKey()));
            }
        } else if (said instanceof List<?> list) {
            List<?> rows = (List<?>) found;
            assertEquals(list.size(), rows.size());
            for (int i = 0; i < rows.size(); i++) like(list.get(i), rows.get(i));
        } else if (said instanceof Number number && found instanceof Number other) {
            assertEquals(number.longValue(), other.longValue());
        } else {
            assertEquals(said, found);
        }
    }

    static void likeError(Map<String, Object> said, Throwable found) {
        assertNotNull(found, "there was no error");
        for (Map.Entry<String, Object> each : said.entrySet()) {
            if (each.getKey().equals("class")) {
                assertEquals(each.getValue() + "Exception", found.getClass().getSimpleName());
            } else {
                like(each.getValue(), member(found, each.getKey()));
            }
        }
    }

    static Object member(Object found, String name) {
        assertNotNull(found, name);
        if (found instanceof Map<?, ?> map) return map.get(name);
        String called = Pattern.compile("_(\\w)").matcher(name).replaceAll(one -> one.group(1).toUpperCase());
        try {
            return found.getClass().getMethod(called).invoke(found);
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException none) {
            throw new AssertionError(found.getClass() + " has no " + called, none);
        }
    }
}
