"""Settings and pipeline graphs: the ground floor, which imports nothing of ours."""
