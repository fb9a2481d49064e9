"""The scanner: what functional code may speak of, and what its files may be called."""
