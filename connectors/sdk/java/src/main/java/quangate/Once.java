package quangate;

import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A body that is sent once. The JDK sends a GET again by itself where a kept connection breaks, and that
 * cannot be turned off for a client: it would go under a nonce that is used up, and past maxRetries.
 * Each sending asks for the length first, so the second one ends there, as the broken connection it is.
 */
final class Once implements HttpRequest.BodyPublisher {
    private final HttpRequest.BodyPublisher body;
    private final AtomicBoolean isSent = new AtomicBoolean();

    Once(byte[] body) {
        this.body = body.length == 0 ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body);
    }

    @Override
    public long contentLength() {
        if (isSent.getAndSet(true)) throw new IllegalStateException("it was sent already");
        return body.contentLength();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> to) { body.subscribe(to); }
}
