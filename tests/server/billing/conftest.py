from server.gates import furnished_postgres, furnished_sqlite, gate

__all__ = ["furnished_postgres", "furnished_sqlite", "gate"]
