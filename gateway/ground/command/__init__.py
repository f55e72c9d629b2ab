"""The command line's grammar: declaring, output, parameters, failures."""
