"""The description of the API in OpenAPI."""
