"""Everything that is given away is made here: wheels, wheelhouses, the program in one file, and what is told of them.

Nothing of it is installed on a board. The standard library only: `./dev` runs these modules before any environment is
made.
"""
