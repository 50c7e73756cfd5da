"""What every sender may use: HTTP, the guard of addresses, fitting, flags, APNs."""
