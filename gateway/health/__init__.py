"""Whether it works: readiness, metrics, doctor, retention."""
