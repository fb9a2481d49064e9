"""What weights reach: boxes found, text read, and how sure the shares of them are."""
