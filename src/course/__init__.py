"""How it is taught: data, charts, explorers, questions, checking, building and the command line."""
