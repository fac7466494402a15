"""Benchmarks of the product's hot paths, each beside a baseline measured in the same run."""
