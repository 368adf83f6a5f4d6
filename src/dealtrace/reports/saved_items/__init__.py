"""What people save for reports: segments (named filters), named reports, and notes on days."""
