"""`python -m export tune`: find, by measuring on a live Triton, how an engine is served best on this machine."""
