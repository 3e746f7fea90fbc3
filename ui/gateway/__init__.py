"""The gateway as the UI sees it: its public API, with answers that were checked."""
