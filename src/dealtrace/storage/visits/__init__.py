"""Visits, the traffic sources they came from, and the credit that leads give to them."""
