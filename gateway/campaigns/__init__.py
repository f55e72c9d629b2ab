"""Sales within a window: who may buy what, from when to when."""
