"""The tables, in a file per noun; `whole` imports them all."""
