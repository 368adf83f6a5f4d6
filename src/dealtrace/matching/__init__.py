"""Which lead a deal grew out of, and why that one."""
