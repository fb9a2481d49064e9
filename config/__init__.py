"""Settings, pipeline graphs and failure codes: the ground floor, which imports nothing of ours."""
