"""The facts of reports, the statements that group them, and tables that only reports use, such as costs."""
