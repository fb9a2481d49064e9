"""The HTTP side: routes, what they take, how they respond."""
