-- Tokens that can't be refreshed: how many days before their end the last warning was given.
ALTER TABLE credentials ADD COLUMN warned_days BIGINT;
