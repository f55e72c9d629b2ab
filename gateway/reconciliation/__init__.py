"""Our attempts held against an upstream's bill."""
