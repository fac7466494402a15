"""Two profiles that are one person: merging them, and taking a merge back.

`actions` is what staff, API and commands call (`merge_profiles`, `unmerge_profiles`), `previewing` shows what a merge
would do, `history` says what the standing merges make of the profiles, `rehoming` brings the rows there,
`cannot_link` stores the pairs that must never be joined, `statements` holds the SQL.
"""
