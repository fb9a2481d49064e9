"""What stands in a scene to be found, and the scene it is put into."""
