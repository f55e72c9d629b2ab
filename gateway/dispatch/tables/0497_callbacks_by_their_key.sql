-- A callback is found by the key that keeps each once; this index was in every callback's way, and nobody asked it.
DROP INDEX callback_attempt;
