"""Licence plates: what they say, the letters they say it in, and the whole plate."""
