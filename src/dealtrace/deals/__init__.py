"""What came of it: deals, how they are registered and changed, and what the CRM knows of their leads."""
