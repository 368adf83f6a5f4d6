"""The documentation at `/docs`: guides, methods and the catalogue of errors, open to everybody."""
