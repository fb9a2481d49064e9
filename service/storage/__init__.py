"""Where videos and results lie."""
