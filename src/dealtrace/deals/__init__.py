"""Deals: how they are registered and changed, their versions, and what the CRM knows of their leads."""
