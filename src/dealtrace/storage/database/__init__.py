"""The two engines, and how Core statements are compiled, typed and retried on them."""
