//! Which fields a read wants, and under which names.
//!
//! Since 2026-08-07 X's OpenAPI document says `post.fields`, `repost_count`, `referenced_posts`; its
//! prose of the same date says `tweet.fields`, `retweet_count`, `referenced_tweets`. The sandbox takes
//! both and answers in the words of the question.

/// Whose words an answer uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `tweet.fields`.
    #[default]
    Tweets,
    /// `post.fields`.
    Posts,
}

impl Naming {
    pub(super) const fn edit_history(self) -> &'static str {
        match self {
            Self::Tweets => "edit_history_tweet_ids",
            Self::Posts => "edit_history_post_ids",
        }
    }

    pub(super) const fn referenced(self) -> &'static str {
        match self {
            Self::Tweets => "referenced_tweets",
            Self::Posts => "referenced_posts",
        }
    }

    pub(super) const fn reposts(self) -> &'static str {
        match self {
            Self::Tweets => "retweet_count",
            Self::Posts => "repost_count",
        }
    }

    pub(super) const fn post_count(self) -> &'static str {
        match self {
            Self::Tweets => "tweet_count",
            Self::Posts => "post_count",
        }
    }

    pub(super) const fn includes(self) -> &'static str {
        match self {
            Self::Tweets => "tweets",
            Self::Posts => "posts",
        }
    }
}

/// What a read wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(super) naming: Naming,
    pub(super) post_fields: Vec<String>,
    pub(super) user_fields: Vec<String>,
    pub(super) media_fields: Vec<String>,
    pub(super) expansions: Vec<String>,
}

impl Wanted {
    /// Reads the query.
    pub(crate) fn from_query(query: &[(String, String)]) -> Self {
        let mut wanted = Self::default();
        for (name, value) in query {
            let list = || value.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned);
            match name.as_str() {
                "tweet.fields" => wanted.post_fields.extend(list()),
                "post.fields" => {
                    wanted.naming = Naming::Posts;
                    wanted.post_fields.extend(list());
                }
                "user.fields" => wanted.user_fields.extend(list()),
                "media.fields" => wanted.media_fields.extend(list()),
                "expansions" => wanted.expansions.extend(list()),
                _ => {}
            }
        }
        wanted.post_fields.extend(implied(&wanted.expansions, &wanted.post_fields));
        wanted
    }

    pub(super) fn wants(&self, field: &str) -> bool {
        self.post_fields.iter().any(|wanted| wanted == field)
    }

    pub(super) fn expands(&self, expansion: &str) -> bool {
        self.expansions.iter().any(|wanted| wanted == expansion)
    }
}

/// The fields that an expansion brings along: it would have nothing to expand without them.
fn implied(expansions: &[String], asked: &[String]) -> Vec<String> {
    let field = |expansion: &str| match expansion {
        "referenced_tweets.id" | "referenced_posts" => Some("referenced_posts"),
        "author_id" => Some("author_id"),
        "attachments.media_keys" => Some("attachments"),
        _ => None,
    };
    let missing = |field: &&str| {
        !asked
            .iter()
            .any(|asked| asked == field || asked == "referenced_tweets" && *field == "referenced_posts")
    };
    expansions.iter().filter_map(|expansion| field(expansion)).filter(missing).map(str::to_owned).collect()
}
