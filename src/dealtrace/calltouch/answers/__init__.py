"""The answers of the API: a `TypedDict` for each JSON object, and the function that builds it."""
