"""Every row of a store, read and written alike in each kind of store."""
