"""The description of the native API (OpenAPI), made from the handlers."""
