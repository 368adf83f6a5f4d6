"""The page of reports, which shows the answer to any question; its URL contains the question."""
