"""Facts and the statements that group them; and the tables that only reports use: costs, statuses, columns."""
