"""The back office of the ground floor: the site itself, clubs, colleagues, keys.

Nothing is imported here: the site stands in this package, and has to exist before a table can be registered.
"""
