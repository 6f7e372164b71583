-- How a post of a campaign stands over all its turns is read from the ends of these, however many turns it has.
CREATE INDEX publications_offline ON publications (organization_id, campaign, post, state, position, id)
    WHERE campaign IS NOT NULL AND published_at IS NULL;
CREATE INDEX publications_online ON publications (organization_id, campaign, post, state, published_at)
    WHERE campaign IS NOT NULL AND published_at IS NOT NULL;
CREATE INDEX publications_stuck ON publications (organization_id, campaign, post, position, id)
    WHERE reason_code = 'gate/stuck';
