"""Notes on the axis of charts: written by people, and made of changes of settings that move figures."""
