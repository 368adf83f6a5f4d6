"""The answers of the API: a typed shape per JSON object, and the function that builds it."""
