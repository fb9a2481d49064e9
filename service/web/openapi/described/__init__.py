"""What the public document says of each route: a module for each group of them, as data."""
