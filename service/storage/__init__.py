"""Where films and results lie."""
