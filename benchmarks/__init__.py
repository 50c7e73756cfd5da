"""Load on loopback: the gateway's doors against a bare echo in the same run."""
