"""Orders: placing one is a use case; its faces (HTTP, channels) say its reasons in their words."""
