"""Which customers may be one person: the search for duplicates, the review queue, households.

A capability above the core of `profiles`: it plugs in by the app's declaration, and the core imports none of it.
"""
