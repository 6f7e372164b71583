//! Whether what was granted is enough for what is wanted.

use campaigns_limits::Platform;

/// What a token is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Telling whose it is.
    Identify,
    Publish,
    /// Publishing with images, GIFs, videos or documents.
    PublishMedia,
    /// Publishing as an organization, and looking for its posts.
    PublishForOrganization,
    /// Going on without a new consent.
    StayConnected,
}

/// The scopes that are missing for a use; empty when what was granted is enough. Of scopes that are as
/// good as each other, the one that new consents ask for is named.
#[must_use]
pub fn missing_scopes(platform: Platform, granted: &[String], wanted: Use) -> Vec<&'static str> {
    let has = |scope: &&str| granted.iter().any(|granted| granted == scope);
    let unmet = needs(platform, wanted).iter().filter(|alternatives| !alternatives.iter().any(&has));
    unmet.filter_map(|alternatives| alternatives.first().copied()).collect()
}

/// Each entry is one need and what meets it, the current name first. LinkedIn's older consents have the
/// names from before OpenID Connect.
const fn needs(platform: Platform, wanted: Use) -> &'static [&'static [&'static str]] {
    match (platform, wanted) {
        (Platform::X, Use::Identify) => &[&["tweet.read"], &["users.read"]],
        (Platform::X, Use::Publish) => &[&["tweet.read"], &["tweet.write"], &["users.read"]],
        (Platform::X, Use::PublishMedia) => {
            &[&["tweet.read"], &["tweet.write"], &["users.read"], &["media.write"]]
        }
        (Platform::X, Use::StayConnected) => &[&["offline.access"]],
        // X has no organizations, and LinkedIn gives refresh tokens by partnership, not by scope.
        (Platform::X, Use::PublishForOrganization) | (Platform::LinkedIn, Use::StayConnected) => &[],
        (Platform::LinkedIn, Use::Identify) => {
            &[&["openid", "r_liteprofile", "r_basicprofile"], &["profile", "r_liteprofile", "r_basicprofile"]]
        }
        (Platform::LinkedIn, Use::Publish | Use::PublishMedia) => &[&["w_member_social"]],
        (Platform::LinkedIn, Use::PublishForOrganization) => {
            &[&["w_organization_social"], &["r_organization_social"]]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{LINKEDIN_ORGANIZATION_SCOPES, default_scopes};

    fn granted(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    #[test]
    fn what_is_asked_for_by_default_is_enough_for_members() {
        for platform in Platform::ALL {
            let granted = granted(default_scopes(platform));
            for wanted in [Use::Identify, Use::Publish, Use::PublishMedia, Use::StayConnected] {
                assert_eq!(missing_scopes(platform, &granted, wanted), [""; 0], "{platform} {wanted:?}");
            }
        }
    }

    #[test]
    fn organizations_need_more() {
        let member = granted(default_scopes(Platform::LinkedIn));
        let missing = missing_scopes(Platform::LinkedIn, &member, Use::PublishForOrganization);
        assert_eq!(missing, ["w_organization_social", "r_organization_social"]);
        let page = granted(LINKEDIN_ORGANIZATION_SCOPES);
        assert_eq!(missing_scopes(Platform::LinkedIn, &page, Use::PublishForOrganization), [""; 0]);
    }

    #[test]
    fn older_names_count_and_what_is_missing_is_named() {
        let old = granted(&["r_liteprofile", "w_member_social"]);
        assert_eq!(missing_scopes(Platform::LinkedIn, &old, Use::Identify), [""; 0]);
        let little = granted(&["tweet.read", "users.read"]);
        assert_eq!(missing_scopes(Platform::X, &little, Use::PublishMedia), ["tweet.write", "media.write"]);
        assert_eq!(missing_scopes(Platform::X, &little, Use::StayConnected), ["offline.access"]);
    }
}
