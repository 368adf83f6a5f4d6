"""The page of reports: any question, held in the address."""
