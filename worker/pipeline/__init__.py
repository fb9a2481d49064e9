"""The pipeline: a film in, what is in its frames out; knows nothing of jobs or servers."""
