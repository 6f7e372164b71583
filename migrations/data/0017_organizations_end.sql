-- When an organization was ended: nobody acts for it any more, and its name is never another's.
ALTER TABLE organizations ADD COLUMN ended_at BIGINT;
