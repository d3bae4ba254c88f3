"""How wrong is it? Every model held against what others published, row by row."""
