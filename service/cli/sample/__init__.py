"""The video that `forgesyte demo` reads, and the truth about it."""
