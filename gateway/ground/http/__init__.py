"""HTTP in: listener, protocol, router, bodies, problems, pages, OpenAPI."""
