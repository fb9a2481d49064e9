"""A video on its way in: its body, its options, and what makes a job of it."""
