"""What a site defines for its reports: meanings of statuses, and columns."""
