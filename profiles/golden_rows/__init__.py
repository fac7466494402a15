"""The golden row of a customer: the winning fact of each field, and the search document made from it.

`rules` decides which fact wins (pure), `recomputing` rewrites the rows that changed, `statements` holds the SQL.
"""
