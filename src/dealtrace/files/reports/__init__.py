"""Write reports to files."""
