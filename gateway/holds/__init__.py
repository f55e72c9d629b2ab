"""Reserved for a while: what is held is nobody else's, and nobody's yet."""
