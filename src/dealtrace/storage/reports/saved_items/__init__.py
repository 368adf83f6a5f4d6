"""What people save of reports: reports and segments, by name and owner."""
