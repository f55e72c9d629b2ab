package quangate;

import java.util.Map;

/** A verified message. {@code sequence} grows per order: what is older than what you know is to be
 * ignored. {@code data} as it came; {@code order} is null where the type is no order's. {@code seen}: it
 * was handled already, and is answered with 2xx all the same. */
public record Event(String id, String type, String timestamp, long sequence, Map<String, Object> data, Order order, boolean seen) {}
