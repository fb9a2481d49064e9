"""Who may use the service: API tokens, and whose jobs are whose."""
