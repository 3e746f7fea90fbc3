"""One module for each view; `build(context)` puts it where it is called."""
