"""What people keep for reports: filters and questions under a name, and notes on days."""
