"""Who saw a code: operators who ask for one, the log of all views, and checking it anywhere."""
