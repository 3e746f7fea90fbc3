"""A real Triton server without Docker: found in its wheel, started on loopback, with Python-based engine backends."""
