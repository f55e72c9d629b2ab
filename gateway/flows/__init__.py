"""Use cases over ports: what Quangate does. No SQL, no HTTP; never imports store or api."""
