-- The bytes of uploaded files, where no folder is named: 1 MiB a row.
CREATE TABLE file_pieces (
    file_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,                  -- from 0 on
    content bytea NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (file_id, number)
);
-- Pictures and archives are packed already.
ALTER TABLE file_pieces ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX file_pieces_by_time ON file_pieces (written_at);
