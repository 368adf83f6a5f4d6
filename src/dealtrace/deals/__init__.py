"""Deals: how they are registered and changed, their versions, and the data by which their leads are found."""
