"""Where jobs and their queue meet: how a job enters, and what brings it back."""
