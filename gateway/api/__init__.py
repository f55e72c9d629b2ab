"""HTTP: partners, callbacks, health. Parses at the edge, calls the flows, writes no SQL."""
