"""Divide the credit for leads and deals among visits."""
