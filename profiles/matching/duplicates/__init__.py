"""Which customers may be one person, found in batches by Splink.

`searching.find_duplicates` is the way in. It reads a tenant into DuckDB (`extraction`, `preparation`), chooses the
pairs to compare (`blocking`), weighs them (`comparisons`, `parameters`, `linking` on one of the `backends`), decides
what is certain and what is for staff (`decisions`), keeps pairs and reasons (`storing`) and merges what is certain
(`certainty`). docs/duplicates.md is its chapter.
"""
