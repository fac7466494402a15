"""Bringing in people from a spreadsheet, or from the old system, without making a mess.

`tables` reads a file, `columns` says what a column may be and guesses, `days` and `cells` read values, `subjects` makes
of a row what an event would be; `checking` says what would happen, `running` does it, `undoing` takes it back, `jobs`
leads from one to the next, `old_systems` holds the forms of the backfill, `statements` the SQL.
"""
