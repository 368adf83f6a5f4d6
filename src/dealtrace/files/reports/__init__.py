"""Files of reports."""
