"""What a process counts, and shows an operator's Prometheus."""
