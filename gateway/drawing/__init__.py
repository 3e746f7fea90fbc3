"""Answers drawn on pictures. Knows pictures and labels, no tasks."""
