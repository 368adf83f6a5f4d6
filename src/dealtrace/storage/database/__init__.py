"""The two engines: connections, column types, compiled statements, and the meaning of errors."""
