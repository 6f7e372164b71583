-- A revision keeps its plan for ever, and plans are long and repeat themselves: new ones are kept packed, in
-- zlib's format, and leave `plan` empty.
ALTER TABLE revisions ADD COLUMN packed_plan BLOB;
