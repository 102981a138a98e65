"""Benchmarks: ours beside the plain library on the same work, as ratios in one run."""
