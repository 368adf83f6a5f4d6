"""The tables, a file per noun; `whole` imports them all."""
