"""What the first page of a site shows besides its figures: what is missing, and what is wrong."""
