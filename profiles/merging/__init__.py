"""Two profiles that are one person: merging them, and taking a merge back.

`actions` merges and takes a merge back (staff, API and commands call `profiles.unmerging` for that), `previewing` shows
what a merge would do, `history` says what the standing merges make of the profiles, `reassignment` brings the rows
there, `splitting` takes records out of a customer, `cannot_link` stores the pairs that must never be joined,
`statements` holds the SQL.
"""
