"""What the records of old calls ask of a store, and shadows beside them."""
