"""PostgreSQL and Redis adapters: the only room that speaks SQL."""
