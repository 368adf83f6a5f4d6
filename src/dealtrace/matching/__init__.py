"""Matching: the rules that find the lead a deal came from, and explain why."""
