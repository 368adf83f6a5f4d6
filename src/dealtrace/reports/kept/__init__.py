"""What people keep of reports: questions under a name, and notes on days."""
