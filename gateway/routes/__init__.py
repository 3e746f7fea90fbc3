"""The paths: each handler a few lines, all of its work elsewhere."""
