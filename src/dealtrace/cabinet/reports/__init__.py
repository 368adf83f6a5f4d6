"""The page of reports: any question, stored in the URL."""
