"""Clubs that the rules of identity have not seen: made for measuring only, with other habits than the simulator's.

Nothing here may teach anything: no weight, table or list of the product is taken from these people.
"""
