package quangate;

import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What all calls of a client share: how they are signed, sent, read and tried again. */
final class Core {
    static final String VERSION = "0.1.0";
    final URI url;
    final String keyId;
    final KeyRing keys;
    final int retries;
    final HttpClient http;
    final Duration timeout;
    DoubleConsumer sleep = Core::sleep;
    private final transient byte[] key;
    final AtomicLong offset = new AtomicLong(); // of the gateway's clock before ours, seconds

    Core(URI url, String keyId, byte[] key, KeyRing keys, Duration timeout, int retries) {
        this.url = url;
        this.keyId = keyId;
        this.key = key;
        this.keys = keys;
        this.timeout = timeout;
        this.retries = retries;
        http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER).connectTimeout(timeout).build();
    }

    private static void sleep(double seconds) {
        try {
            Thread.sleep((long) (seconds * 1000));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw QuangateException.connectionFailed(false);
        }
    }

    /** Members that say something. */
    static Map<String, Object> said(Object... pairs) {
        Map<String, Object> found = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i + 1] != null) found.put((String) pairs[i], pairs[i + 1]);
        }
        return found;
    }

    <T> T call(String method, String path, String model, BiFunction<Map<String, Object>, KeyRing, T> make,
            Map<String, ?> query, Map<String, ?> body) {
        return send(method, path, query, body, retries, answer -> {
            Map<String, Object> said = Json.object(answer);
            return Json.is(model, said) ? make.apply(said, keys) : null;
        });
    }

    /** Every row of a list, page by page as they are asked for. */
    <T> Iterable<T> pages(String path, String model, BiFunction<Map<String, Object>, KeyRing, T> make, Map<String, ?> query) {
        return () -> new Iterator<>() {
            private final Map<String, Object> asked = new LinkedHashMap<>(query);
            private Iterator<T> page = List.<T>of().iterator();
            private boolean isLast;

            @Override
            public boolean hasNext() {
                while (!page.hasNext() && !isLast) page = read();
                return page.hasNext();
            }

            @Override
            public T next() {
                if (!hasNext()) throw new NoSuchElementException();
                return page.next();
            }

            private Iterator<T> read() {
                return send("GET", path, asked, null, retries, answer -> {
                    Map<String, Object> said = Json.object(answer);
                    if (said == null || !(said.get("data") instanceof List<?> rows)) return null;
                    Object cursor = said.get("next_cursor");
                    if (cursor != null && !(cursor instanceof String)) return null;
                    List<T> found = new ArrayList<>();
                    for (Object row : rows) {
                        if (!Json.is(model, row)) return null;
                        found.add(make.apply(Json.map(row), keys));
                    }
                    isLast = cursor == null;
                    asked.put("cursor", cursor);
                    return found.iterator();
                });
            }
        };
    }

    /** Tries until there is an answer that reading understands (null: it does not), or no more tries. */
    <T> T send(String method, String path, Map<String, ?> query, Map<String, ?> body, int most, Function<String, T> reading) {
        String base = url.getRawPath() == null ? "" : url.getRawPath();
        String asked = query.entrySet().stream().filter(each -> each.getValue() != null)
            .map(each -> Signing.escape(each.getKey()) + "=" + Signing.escape(String.valueOf(each.getValue())))
            .collect(Collectors.joining("&"));
        String target = base + path + (asked.isEmpty() ? "" : "?" + asked);
        byte[] sent = body == null ? new byte[0] : Signing.utf8(Json.write(body));
        boolean isLost = false;
        boolean isClockRight = false;
        for (int tries = 1; ; tries++) {
            try {
                return once(method, target, sent, reading);
            } catch (QuangateException failed) {
                isLost |= failed.lost;
                if (failed.serverTime != null && !isClockRight) {
                    isClockRight = true;
                    offset.set(failed.serverTime - Instant.now().getEpochSecond());
                    tries--;
                    continue;
                }
                Double pause = null;
                if (tries <= most && (Retrying.isRetried(failed.status()) || failed.code().equals("connection-failed"))) {
                    pause = Retrying.pause(tries, failed.retryAfter, ThreadLocalRandom.current().nextDouble(), Instant.now());
                }
                if (pause == null) {
                    // A refusal decides, unless it says only "not now" and a try before it was lost.
                    failed.lost |= isLost && failed.retryable();
                    throw failed;
                }
                try {
                    sleep.accept(pause);
                } catch (QuangateException interrupted) {
                    interrupted.lost = isLost;
                    throw interrupted;
                }
            }
        }
    }

    private <T> T once(String method, String target, byte[] body, Function<String, T> reading) {
        HttpResponse<String> answer = fetch(method, target, body);
        int status = answer.statusCode();
        String after = answer.headers().firstValue("Retry-After").orElse("");
        if (status >= 200 && status < 300) {
            T found = reading.apply(answer.body());
            if (found != null) return found;
            QuangateException none = QuangateException.of(
                "unexpected-answer", "the answer (" + status + ") is none of a gateway", status, true);
            none.lost = true;
            throw none;
        }
        QuangateException failed = QuangateException.read(status, answer.body(), after);
        boolean isOurs = !failed.code().equals("unexpected-answer");
        if (status == 500 || status == 502 || status == 504 || status == 503 && !isOurs) {
            failed = isOurs || failed.retryable() ? failed : QuangateException.of(failed.code(), "", status, true);
            failed.retryAfter = after;
            failed.lost = true;
        }
        throw failed;
    }

    private HttpResponse<String> fetch(String method, String target, byte[] body) {
        String stamp = Long.toString(Instant.now().getEpochSecond() + offset.get());
        String nonce = Signing.random();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url.getScheme() + "://" + url.getRawAuthority() + target))
            .timeout(timeout)
            .header("X-Quangate-Key", keyId)
            .header("X-Quangate-Timestamp", stamp)
            .header("X-Quangate-Nonce", nonce)
            .header("X-Quangate-Signature", Signing.signature(key, method, target, stamp, nonce, body))
            .header("User-Agent", "quangate-java/" + VERSION)
            .method(method, new Once(body));
        if (body.length > 0) request.header("Content-Type", "application/json");
        return answer(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    /** The whole answer; the request's own timeout ends when the answer begins. */
    <T> HttpResponse<T> answer(HttpRequest request, HttpResponse.BodyHandler<T> reading) {
        CompletableFuture<HttpResponse<T>> coming = http.sendAsync(request, reading);
        try {
            return coming.get(timeout.toMillis() + 1000, TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            Throwable why = failed.getCause();
            throw QuangateException.connectionFailed(!(why instanceof ConnectException || why instanceof HttpConnectTimeoutException));
        } catch (TimeoutException late) {
            coming.cancel(true);
            throw QuangateException.connectionFailed(true);
        } catch (InterruptedException interrupted) {
            coming.cancel(true);
            Thread.currentThread().interrupt();
            throw QuangateException.connectionFailed(true);
        }
    }
}
