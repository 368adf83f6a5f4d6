"""What the product can do for reports: import and restate the costs of advertising."""
