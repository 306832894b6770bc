"""What the benchmarks share: servers pinned to a core, load by wrk, medians of interleaved rounds."""
