"""Reports: metrics, dimensions, questions and their answers, and the columns, segments and notes of a site."""
