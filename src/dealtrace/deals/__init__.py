"""Deals: how they are registered and changed, their versions, and the clues of the CRM to their leads."""
