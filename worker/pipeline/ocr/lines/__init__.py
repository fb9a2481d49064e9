"""Lines of text, read by a network of our own."""
