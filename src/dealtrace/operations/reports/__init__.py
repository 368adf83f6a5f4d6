"""Operations of reports: compute reports, import costs, define statuses and columns, compare lists of deals."""
