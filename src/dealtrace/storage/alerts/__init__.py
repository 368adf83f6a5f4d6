"""Rules of alerts and their incidents."""
