"""The verbs of the command line: arguments in, one call into the wings, an answer out."""
