"""What an operator is shown of the jobs, and of the connections that they are kept over."""
