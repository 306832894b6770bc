"""Shared code of the benchmarks: servers pinned to a core, load by wrk, medians of interleaved rounds."""
