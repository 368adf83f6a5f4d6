"""Deals: how they are registered and changed, their versions, and what the CRM sent about their leads."""
