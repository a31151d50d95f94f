"""What a data model means, in DMS terms, for no language in particular."""
