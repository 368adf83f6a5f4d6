"""Facts and the statements that group them; tables that only reports use: costs, statuses, columns, segments."""
