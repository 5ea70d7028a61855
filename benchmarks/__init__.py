"""Benchmarks: figures beside the baselines measured in the same run. CPU time unless said otherwise."""
