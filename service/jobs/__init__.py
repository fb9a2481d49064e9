"""Jobs: what they are, where they are kept, how they move."""
