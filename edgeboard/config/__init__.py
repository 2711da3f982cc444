"""What the owner wants: every setting of a node as one frozen value, and the YAML file it is read from.

`schema` assembles the settings that each package owns, `load` reads a file into them, `values` says what one value may
be, for the file and for the command line alike.
"""
