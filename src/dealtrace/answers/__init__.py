"""JSON that several edges share: a type for each answer, and the function that builds it from a record."""
