-- A lower bound of the next position, for a writer that finds what others have written.
-- Rows are numbered in the order of the commits, so the last row of messages tells the
-- newest position, but for two cases. Triggers see to them, as a program from before
-- this migration may write beside.
ALTER TABLE state ADD COLUMN newest BLOB NOT NULL DEFAULT x'';
UPDATE state SET newest = coalesce(
    (SELECT max(last_one) FROM (SELECT (SELECT max(position) FROM positions
        WHERE channel = number) AS last_one FROM channels)), x'');

-- A message that was released has a new position and its old row.
CREATE TRIGGER newest_moved AFTER INSERT ON moved BEGIN
    UPDATE state SET newest = NEW.position WHERE newest < NEW.position;
END;

-- The last row is removed, and its number given again.
CREATE TRIGGER newest_removed BEFORE DELETE ON messages
WHEN OLD.row = (SELECT max(row) FROM messages) BEGIN
    UPDATE state SET newest = OLD.message_id WHERE newest < OLD.message_id;
END;
