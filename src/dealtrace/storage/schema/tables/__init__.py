"""The schema: a file per noun; `whole` knows them all."""
