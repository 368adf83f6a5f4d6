"""Pages of clients: the timeline of a person, and the export or erasure of their data."""
