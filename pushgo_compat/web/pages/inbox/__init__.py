"""The inbox: one channel's messages for whoever holds its password."""
