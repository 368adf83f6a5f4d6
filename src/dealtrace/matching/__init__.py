"""Matching: the rules that find the lead that a deal came from, and the explanations of their results."""
