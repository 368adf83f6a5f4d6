"""Saved reports and segments: the pages of what people saved for themselves or for their site."""
