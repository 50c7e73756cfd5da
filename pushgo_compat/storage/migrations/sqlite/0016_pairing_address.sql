-- From which address the phone came that waits to be confirmed: the operator sees it.
ALTER TABLE pairing_window ADD COLUMN address TEXT;
