//! The routes of the emulated platforms: what faults, quotas and the record of requests refer to.

use super::account::Platform;

macro_rules! routes {
    ($($route:ident = $platform:ident $method:literal $path:literal,)*) => {
        /// A route of an emulated platform.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Route { $($route),* }

        impl Route {
            pub(crate) const ALL: &[Self] = &[$(Self::$route),*];

            pub(crate) const fn platform(self) -> Platform {
                match self { $(Self::$route => Platform::$platform),* }
            }

            pub(crate) const fn method(self) -> &'static str {
                match self { $(Self::$route => $method),* }
            }

            /// The path as the platform documents it, below the emulator's base URL.
            pub(crate) const fn path(self) -> &'static str {
                match self { $(Self::$route => $path),* }
            }
        }
    };
}

routes! {
    XAuthorize = X "GET" "/i/oauth2/authorize",
    XToken = X "POST" "/2/oauth2/token",
    XRevoke = X "POST" "/2/oauth2/revoke",
    XMe = X "GET" "/2/users/me",
    XCreate = X "POST" "/2/tweets",
    XDelete = X "DELETE" "/2/tweets/{id}",
    XPost = X "GET" "/2/tweets/{id}",
    XPosts = X "GET" "/2/tweets",
    XTimeline = X "GET" "/2/users/{id}/tweets",
    XAnalytics = X "GET" "/2/tweets/analytics",
    XRepost = X "POST" "/2/users/{id}/retweets",
    XUnrepost = X "DELETE" "/2/users/{id}/retweets/{tweet}",
    XUpload = X "POST" "/2/media/upload",
    XUploadStatus = X "GET" "/2/media/upload",
    XUploadInitialize = X "POST" "/2/media/upload/initialize",
    XUploadAppend = X "POST" "/2/media/upload/{id}/append",
    XUploadFinalize = X "POST" "/2/media/upload/{id}/finalize",
    XMetadata = X "POST" "/2/media/metadata",
    XSubtitles = X "POST" "/2/media/subtitles",
    XAppToken = X "POST" "/oauth2/token",
    XHookCreate = X "POST" "/2/webhooks",
    XHooks = X "GET" "/2/webhooks",
    XHookValidate = X "PUT" "/2/webhooks/{id}",
    XHookDelete = X "DELETE" "/2/webhooks/{id}",
    XSubscribe = X "POST" "/2/activity/subscriptions",
    XSubscriptions = X "GET" "/2/activity/subscriptions",
    XUnsubscribe = X "DELETE" "/2/activity/subscriptions/{id}",
    LinkedInAuthorize = LinkedIn "GET" "/oauth/v2/authorization",
    LinkedInToken = LinkedIn "POST" "/oauth/v2/accessToken",
    LinkedInIntrospect = LinkedIn "POST" "/oauth/v2/introspectToken",
    LinkedInRevoke = LinkedIn "POST" "/oauth/v2/revoke",
    LinkedInUserinfo = LinkedIn "GET" "/v2/userinfo",
    LinkedInAcls = LinkedIn "GET" "/rest/organizationAcls",
    LinkedInOrganization = LinkedIn "GET" "/rest/organizations/{id}",
    LinkedInCreate = LinkedIn "POST" "/rest/posts",
    LinkedInList = LinkedIn "GET" "/rest/posts",
    LinkedInPost = LinkedIn "GET" "/rest/posts/{urn}",
    LinkedInUpdate = LinkedIn "POST" "/rest/posts/{urn}",
    LinkedInDelete = LinkedIn "DELETE" "/rest/posts/{urn}",
    LinkedInComment = LinkedIn "POST" "/rest/socialActions/{urn}/comments",
    LinkedInComments = LinkedIn "GET" "/rest/socialActions/{urn}/comments",
    LinkedInCommentDelete = LinkedIn "DELETE" "/rest/socialActions/{urn}/comments/{id}",
    LinkedInSocialMetadata = LinkedIn "GET" "/rest/socialMetadata/{urn}",
    LinkedInImages = LinkedIn "POST" "/rest/images",
    LinkedInImage = LinkedIn "GET" "/rest/images/{urn}",
    LinkedInVideos = LinkedIn "POST" "/rest/videos",
    LinkedInVideo = LinkedIn "GET" "/rest/videos/{urn}",
    LinkedInDocuments = LinkedIn "POST" "/rest/documents",
    LinkedInDocument = LinkedIn "GET" "/rest/documents/{urn}",
    LinkedInUpload = LinkedIn "PUT" "/dms-uploads/{upload}",
    LinkedInCaptions = LinkedIn "POST" "/dms-uploads/{upload}",
    LinkedInSubscribe = LinkedIn "PUT" "/rest/eventSubscriptions/{key}",
    LinkedInShareStatistics = LinkedIn "GET" "/rest/organizationalEntityShareStatistics",
    LinkedInPostAnalytics = LinkedIn "GET" "/rest/memberCreatorPostAnalytics",
}

impl Route {
    /// `POST /2/tweets`.
    pub(crate) fn name(self) -> String {
        format!("{} {}", self.method(), self.path())
    }

    /// The routes that a word names: `POST /2/tweets`, `/2/tweets` (all methods) or `*`; with the
    /// emulator's prefix (`/x`) or without.
    pub(crate) fn named(platform: Platform, word: &str) -> Vec<Self> {
        let (method, path) = word.split_once(' ').map_or((None, word), |(method, path)| (Some(method), path));
        let prefix = format!("/{}", platform.as_str());
        let path = path.strip_prefix(&prefix).unwrap_or(path);
        let routes = Self::ALL.iter().copied().filter(|route| route.platform() == platform);
        routes
            .filter(|route| method.is_none_or(|method| method == route.method()))
            .filter(|route| path == "*" || path == route.path())
            .collect()
    }

    pub(crate) const fn creates_post(self) -> bool {
        matches!(self, Self::XCreate | Self::LinkedInCreate)
    }

    pub(crate) const fn gives_tokens(self) -> bool {
        matches!(self, Self::XToken | Self::LinkedInToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_found_by_their_names() {
        assert_eq!(Route::named(Platform::X, "POST /2/tweets"), [Route::XCreate]);
        assert_eq!(Route::named(Platform::X, "POST /x/2/tweets"), [Route::XCreate]);
        assert_eq!(Route::named(Platform::X, "/2/tweets"), [Route::XCreate, Route::XPosts]);
        assert_eq!(Route::named(Platform::X, "/rest/posts"), []);
        assert!(Route::named(Platform::LinkedIn, "*").len() > 10);
    }
}
