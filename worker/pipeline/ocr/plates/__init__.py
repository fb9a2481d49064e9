"""Number plates, read by a network of our own and weighed by the formats there are."""
