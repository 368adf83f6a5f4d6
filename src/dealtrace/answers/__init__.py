"""JSON answers that the API and the command line share: a type for each answer, and the function that builds it."""
