-- Who wrote the commit that a revision comes from, and what its message says.
ALTER TABLE revisions ADD COLUMN git_author TEXT;
ALTER TABLE revisions ADD COLUMN git_message TEXT;
