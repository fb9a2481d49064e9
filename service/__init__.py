"""The web process, the command line and the domain that web and worker share."""
