"""The pages of the cabinet, for people."""
