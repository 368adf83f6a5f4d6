"""Reports: what statuses mean, and the columns and formulas a site defines."""
