"""Pages about the people who use the cabinet: how they log in, what they may do, and who else may."""
