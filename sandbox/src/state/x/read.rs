//! `GET /2/users/me`, `/2/tweets`, `/2/tweets/{id}`, `/2/users/{id}/tweets`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::create::check_id;
use super::fields::Wanted;
use super::problem;
use super::render::{media_json, post_json, user_json};
use crate::state::account::Platform;
use crate::state::gate::Caller;
use crate::state::post::Post;
use crate::state::reply::Reply;
use crate::state::world::Tx;

/// Posts of one lookup.
const IDS_MAX: usize = 100;
/// The age up to which X tells what is not public, in hours.
const PRIVATE_METRICS_H: i64 = 30 * 24;
/// Metrics that only the owner gets, and only for 30 days.
const PRIVATE_METRICS: [&str; 3] = ["non_public_metrics", "organic_metrics", "promoted_metrics"];

/// The account itself.
pub(crate) fn me(caller: &Caller, wanted: &Wanted) -> Reply {
    Reply::json(200, json!({"data": user_json(&caller.account, wanted)}))
}

/// One post. One that is not there is a 200 with `errors`.
pub(crate) fn post(tx: &Tx<'_>, caller: &Caller, id: &str, wanted: &Wanted) -> Result<Reply, Reply> {
    check_id("id", id)?;
    let mut answer = Answer::new(tx, caller, wanted);
    let shown = answer.look_up(id);
    Ok(answer.reply(shown, None))
}

/// Up to a hundred posts.
pub(crate) fn posts(tx: &Tx<'_>, caller: &Caller, ids: &str, wanted: &Wanted) -> Result<Reply, Reply> {
    let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
    if !(1..=IDS_MAX).contains(&ids.len()) {
        return Err(problem::invalid(format!(
            "The number of values in the `ids` query parameter list is not between 1 and {IDS_MAX}."
        )));
    }
    ids.iter().try_for_each(|id| check_id("ids", id))?;
    let mut answer = Answer::new(tx, caller, wanted);
    let shown: Vec<Value> = ids.iter().filter_map(|id| answer.look_up(id)).collect();
    let data = (!shown.is_empty()).then_some(Value::Array(shown));
    Ok(answer.reply(data, None))
}

/// What of a timeline is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimelineQuery {
    max_results: usize,
    since_id: Option<u64>,
    until_id: Option<u64>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    /// The id below which the page begins.
    below: Option<u64>,
    exclude_replies: bool,
    exclude_reposts: bool,
}

impl TimelineQuery {
    /// Reads the query; what X would refuse is refused.
    pub(crate) fn from_query(query: &[(String, String)]) -> Result<Self, Reply> {
        let mut read = Self { max_results: 10, ..Self::default() };
        for (name, value) in query {
            let refused =
                || problem::invalid(format!("The `{name}` query parameter value [{value}] is not valid."));
            let id = || value.parse::<u64>().ok().filter(|_| value.len() <= 19).ok_or_else(refused);
            let moment = || value.parse::<Timestamp>().map_err(|_| refused());
            match name.as_str() {
                "max_results" => {
                    let number = value.parse().ok().filter(|number| (5..=100).contains(number));
                    read.max_results = number.ok_or_else(refused)?;
                }
                "since_id" => read.since_id = Some(id()?),
                "until_id" => read.until_id = Some(id()?),
                "start_time" => read.start_time = Some(moment()?),
                "end_time" => read.end_time = Some(moment()?),
                "pagination_token" => {
                    let number = value.strip_prefix("below-").and_then(|number| number.parse().ok());
                    read.below = Some(number.ok_or_else(refused)?);
                }
                "exclude" => {
                    if value.split(',').any(|word| !matches!(word, "replies" | "retweets")) {
                        return Err(refused());
                    }
                    read.exclude_replies = value.split(',').any(|word| word == "replies");
                    read.exclude_reposts = value.split(',').any(|word| word == "retweets");
                }
                "tweet.fields" | "post.fields" | "user.fields" | "media.fields" | "poll.fields"
                | "place.fields" | "expansions" => {}
                _ => {
                    return Err(problem::invalid(format!(
                        "The query parameter [{name}] is not one of the known ones."
                    )));
                }
            }
        }
        Ok(read)
    }

    fn takes(&self, post: &Post) -> bool {
        let number: u64 = post.id.parse().unwrap_or(0);
        self.since_id.is_none_or(|since| number > since)
            && self.until_id.is_none_or(|until| number < until)
            && self.below.is_none_or(|below| number < below)
            && self.start_time.is_none_or(|start| post.created_at >= start)
            && self.end_time.is_none_or(|end| post.created_at < end)
            && !(self.exclude_replies && post.parent.is_some())
            && !(self.exclude_reposts && post.repost_of.is_some())
    }
}

/// An account's posts, the newest first.
pub(crate) fn timeline(
    tx: &Tx<'_>,
    caller: &Caller,
    user: &str,
    query: &TimelineQuery,
    wanted: &Wanted,
) -> Result<Reply, Reply> {
    check_id("id", user)?;
    if !tx.world.accounts.get(user).is_some_and(|account| account.platform == Platform::X) {
        return Ok(Reply::json(200, json!({"errors": [problem::missing("user", user)]})));
    }
    let mut answer = Answer::new(tx, caller, wanted);
    let mut found =
        tx.world.posts.of_author(user).filter(|post| post.is_visible(tx.now) && query.takes(post));
    let page: Vec<&Post> = found.by_ref().take(query.max_results).collect();
    let more = found.next().is_some();
    let shown: Vec<Value> = page.iter().map(|post| answer.show(post)).collect();
    let mut meta = Map::new();
    meta.insert("result_count".to_owned(), json!(page.len()));
    if let (Some(newest), Some(oldest)) = (page.first(), page.last()) {
        meta.insert("newest_id".to_owned(), json!(newest.id));
        meta.insert("oldest_id".to_owned(), json!(oldest.id));
        if more {
            meta.insert("next_token".to_owned(), json!(format!("below-{}", oldest.id)));
        }
    }
    let data = (!shown.is_empty()).then_some(Value::Array(shown));
    Ok(answer.reply(data, Some(Value::Object(meta))))
}

/// An answer under construction: what it includes and what it could not show.
struct Answer<'a> {
    tx: &'a Tx<'a>,
    caller: &'a Caller,
    wanted: &'a Wanted,
    media: Vec<Value>,
    users: Vec<Value>,
    posts: Vec<Value>,
    errors: Vec<Value>,
}

impl<'a> Answer<'a> {
    const fn new(tx: &'a Tx<'a>, caller: &'a Caller, wanted: &'a Wanted) -> Self {
        Self {
            tx,
            caller,
            wanted,
            media: Vec::new(),
            users: Vec::new(),
            posts: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// The post of that id; an error is noted when reads don't show it.
    fn look_up(&mut self, id: &str) -> Option<Value> {
        let found = self.tx.world.posts.get(id).filter(|post| post.platform == Platform::X);
        let Some(post) = found.filter(|post| post.is_visible(self.tx.now)) else {
            self.errors.push(problem::missing("tweet", id));
            return None;
        };
        Some(self.show(post))
    }

    fn show(&mut self, post: &Post) -> Value {
        let mut shown = post_json(self.tx, post, self.wanted);
        let age = self.tx.now.duration_since(post.created_at);
        let private = post.author == self.caller.account.subject
            && age <= SignedDuration::from_hours(PRIVATE_METRICS_H);
        if !private && let Some(fields) = shown.as_object_mut() {
            for field in PRIVATE_METRICS.into_iter().filter(|field| self.wanted.wants(field)) {
                fields.remove(field);
                self.errors.push(problem::field_refused(field, &post.id));
            }
        }
        self.include(post);
        shown
    }

    fn include(&mut self, post: &Post) {
        if self.wanted.expands("attachments.media_keys") {
            self.media.extend(post.media.iter().map(|media| media_json(media, self.wanted)));
        }
        if self.wanted.expands("author_id")
            && let Some(author) = self.tx.world.accounts.get(&post.author)
        {
            let user = user_json(author, self.wanted);
            if !self.users.contains(&user) {
                self.users.push(user);
            }
        }
        let expands_parent =
            ["referenced_tweets.id", "referenced_posts"].iter().any(|name| self.wanted.expands(name));
        let parent = post.parent.as_deref().and_then(|id| self.tx.world.posts.get(id));
        if let Some(parent) = parent.filter(|post| expands_parent && post.is_visible(self.tx.now)) {
            self.posts.push(post_json(self.tx, parent, self.wanted));
        }
    }

    fn reply(self, data: Option<Value>, meta: Option<Value>) -> Reply {
        let mut body = Map::new();
        let mut includes = Map::new();
        let parts =
            [("media", self.media), ("users", self.users), (self.wanted.naming.includes(), self.posts)];
        for (name, part) in parts {
            if !part.is_empty() {
                includes.insert(name.to_owned(), Value::Array(part));
            }
        }
        let errors = (!self.errors.is_empty()).then_some(Value::Array(self.errors));
        let includes = (!includes.is_empty()).then_some(Value::Object(includes));
        for (name, part) in [("data", data), ("includes", includes), ("errors", errors), ("meta", meta)] {
            if let Some(part) = part {
                body.insert(name.to_owned(), part);
            }
        }
        Reply::json(200, Value::Object(body))
    }
}
