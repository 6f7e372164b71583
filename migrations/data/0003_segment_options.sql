-- What a segment asks of its platform beyond text and media, as JSON.
ALTER TABLE segments ADD COLUMN options TEXT NOT NULL DEFAULT '"none"';
