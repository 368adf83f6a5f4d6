"""Pages about people: logging in and out, and the first user."""
