"""The report: Markdown for people, JSON for programs, a plot for both."""
