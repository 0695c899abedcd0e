"""Plain versions of what Rematch does, written without its code: what agreement is measured against."""
