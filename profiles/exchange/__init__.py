"""People in and out by file: importing and exporting.

A capability above the core of `profiles`: it plugs in by the app's declaration, and the core imports none of it.
"""
