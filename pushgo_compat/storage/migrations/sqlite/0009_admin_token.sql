-- The argon2id hash of the token that opens the operator's pages; NULL: none was made.
ALTER TABLE state ADD COLUMN admin_token_hash TEXT;
