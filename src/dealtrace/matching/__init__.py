"""Matching: which lead a deal came from, and why."""
