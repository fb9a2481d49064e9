"""What an analysis gives: the document, in which order it is read, and the summary."""
