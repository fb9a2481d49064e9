"""The HTTP side: routes, what they take, what they answer."""
