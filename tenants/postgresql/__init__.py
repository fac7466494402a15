"""Django database engine that carries the tenant scope into PostgreSQL: the second wall."""
