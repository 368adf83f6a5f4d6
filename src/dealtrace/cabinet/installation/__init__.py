"""Pages for owners of the installation: its sites, and the demo."""
