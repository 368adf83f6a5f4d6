"""The rows that the answers to questions are built from."""
