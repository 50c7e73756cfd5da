"""PowerShell: the calls of ``Invoke-RestMethod`` and ``Invoke-WebRequest``."""
