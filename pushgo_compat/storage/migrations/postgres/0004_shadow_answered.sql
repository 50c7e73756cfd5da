-- When the call came that the old server has answered last.
ALTER TABLE shadows ADD COLUMN last_answer bigint;
