"""What weights reach: boxes found, text read, each figure with its confidence interval."""
