"""Operations of reports: answer questions, import costs, define statuses and columns, compare lists of deals."""
