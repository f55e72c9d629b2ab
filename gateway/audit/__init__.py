"""Whether the books agree with themselves."""
