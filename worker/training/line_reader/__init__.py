"""A reader of any printed Latin line: what it says, how its lines are made, how it is trained."""
