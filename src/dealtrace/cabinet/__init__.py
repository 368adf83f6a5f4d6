"""The cabinet: the web pages on which people read reports, look at deals and leads, and change settings."""
