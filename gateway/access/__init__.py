"""Who may do what, and how often: API keys, JSON web tokens, scopes, quotas."""
