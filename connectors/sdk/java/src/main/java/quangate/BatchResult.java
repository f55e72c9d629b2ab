package quangate;

/** What became of one line: an order, or why there is none; the other is null. */
public record BatchResult(Order order, QuangateException error) {}
