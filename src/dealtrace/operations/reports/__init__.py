"""What the product can do for reports: answer questions, import costs, define statuses and columns, compare."""
