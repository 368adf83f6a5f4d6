"""Reports: metrics, dimensions, questions and answers, and what a site defines for its reports."""
