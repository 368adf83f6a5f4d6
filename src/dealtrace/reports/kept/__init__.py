"""Things that people save for reports: segments (filters with a name), reports with a name, and notes on days."""
