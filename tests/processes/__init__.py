"""Whole servers as processes: killed, started again, short of disk or memory."""
