//! Who the member is, which pages they administer, and what can be read of posts.

use serde_json::{Value, json};

use super::problem;
use crate::state::account::{Account, AccountKind, Platform};
use crate::state::gate::Caller;
use crate::state::post::Post;
use crate::state::reply::Reply;
use crate::state::route::Route;
use crate::state::world::Tx;

/// Posts of one page of a list.
const COUNT_MAX: usize = 100;

/// The OpenID profile; what of it depends on the scopes.
pub(crate) fn userinfo(caller: &Caller) -> Result<Reply, Reply> {
    if !caller.may("openid") && !caller.may("profile") {
        return Err(problem::access_denied(Route::LinkedInUserinfo));
    }
    let account = &caller.account;
    let name = account.display_name();
    let (given, family) = name.split_once(' ').unwrap_or((&name, ""));
    let mut body = json!({
        "sub": account.sub(), "name": name, "given_name": given, "family_name": family,
        "locale": {"country": "US", "language": "en"},
    });
    if caller.may("email") {
        body["email"] = json!(format!("{}@example.com", account.handle));
        body["email_verified"] = json!(true);
    }
    Ok(Reply::json(200, body))
}

/// The pages that the member administers.
pub(crate) fn acls(tx: &Tx<'_>, caller: &Caller) -> Result<Reply, Reply> {
    if !["rw_organization_admin", "r_organization_admin", "w_organization_social", "r_organization_social"]
        .iter()
        .any(|scope| caller.may(scope))
    {
        return Err(problem::access_denied(Route::LinkedInAcls));
    }
    let mut pages: Vec<&Account> = tx
        .world
        .accounts
        .values()
        .filter(|account| account.admin.as_ref() == Some(&caller.account.subject))
        .collect();
    pages.sort_by_key(|page| &page.subject);
    let elements: Vec<Value> = pages
        .iter()
        .map(|page| {
            json!({
                "organization": page.subject, "organizationTarget": page.subject, "role": "ADMINISTRATOR",
                "roleAssignee": caller.account.subject, "state": "APPROVED",
            })
        })
        .collect();
    let count = elements.len();
    let paging = json!({"count": count, "start": 0, "total": count, "links": []});
    Ok(Reply::json(200, json!({"elements": elements, "paging": paging})))
}

/// A page.
pub(crate) fn organization(tx: &Tx<'_>, id: &str) -> Result<Reply, Reply> {
    let urn = if id.starts_with("urn:") { id.to_owned() } else { format!("urn:li:organization:{id}") };
    let page = tx.world.accounts.get(&urn).filter(|account| account.kind == AccountKind::Organization);
    let page = page.ok_or_else(|| problem::not_found(&urn))?;
    let number: u64 = page.sub().parse().unwrap_or(0);
    Ok(Reply::json(
        200,
        json!({
            "id": number, "vanityName": page.handle, "localizedName": page.display_name(),
            "primaryOrganizationType": "NONE",
        }),
    ))
}

/// What of an author's posts is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// Empty where the path says whose it is.
    author: String,
    by_author: bool,
    count: usize,
    start: usize,
}

impl ListQuery {
    /// Reads the query.
    pub(crate) fn from_query(query: &[(String, String)]) -> Result<Self, Reply> {
        let value =
            |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let number = |name: &str, default: usize| {
            let bad = || problem::bad_request(&format!("Invalid query parameter {name}"));
            value(name).map_or(Ok(default), |word| word.parse().map_err(|_| bad()))
        };
        let author = value("author").unwrap_or_default();
        if value("sortBy").is_some_and(|order| !matches!(order, "LAST_MODIFIED" | "CREATED")) {
            return Err(problem::bad_request("Invalid query parameter sortBy"));
        }
        let count = number("count", 10)?;
        if count > COUNT_MAX {
            return Err(problem::bad_request("Query parameter count must be at most 100"));
        }
        let by_author = value("q") == Some("author") && !author.is_empty();
        Ok(Self { author: author.to_owned(), by_author, count, start: number("start", 0)? })
    }

    /// The wanted page of all of them.
    pub(super) fn page(&self, all: Vec<Value>) -> Reply {
        let paging = json!({"count": self.count, "start": self.start, "total": all.len(), "links": []});
        let elements: Vec<Value> = all.into_iter().skip(self.start).take(self.count).collect();
        Reply::json(200, json!({"elements": elements, "paging": paging}))
    }
}

/// An author's posts, the newest first.
pub(crate) fn list(tx: &Tx<'_>, caller: &Caller, query: &ListQuery) -> Result<Reply, Reply> {
    if !query.by_author {
        return Err(problem::bad_request("Query parameters q=author and author are needed"));
    }
    check_reader(tx, caller, &query.author, Route::LinkedInList)?;
    let shown =
        tx.world.posts.of_author(&query.author).filter(|post| post.is_visible(tx.now) && is_post(post));
    Ok(query.page(shown.map(post_json).collect()))
}

/// One post.
pub(crate) fn post(tx: &Tx<'_>, caller: &Caller, urn: &str) -> Result<Reply, Reply> {
    let found = tx.world.posts.get(urn).filter(|post| post.platform == Platform::LinkedIn && is_post(post));
    let Some(post) = found.filter(|post| post.is_visible(tx.now)) else {
        return Err(problem::not_found(urn));
    };
    check_reader(tx, caller, &post.author, Route::LinkedInPost)?;
    Ok(Reply::json(200, post_json(post)))
}

fn is_post(post: &Post) -> bool {
    !post.id.starts_with("urn:li:comment:")
}

/// Members' posts need a scope that LinkedIn gives to nobody new.
pub(super) fn check_reader(tx: &Tx<'_>, caller: &Caller, author: &str, route: Route) -> Result<(), Reply> {
    let account = tx.world.accounts.get(author).filter(|account| account.platform == Platform::LinkedIn);
    let account = account.ok_or_else(|| problem::not_found(author))?;
    let allowed = match account.kind {
        AccountKind::Member => account.subject == caller.account.subject && caller.may("r_member_social"),
        AccountKind::Organization => {
            account.admin.as_ref() == Some(&caller.account.subject) && caller.may("r_organization_social")
        }
    };
    if allowed { Ok(()) } else { Err(problem::access_denied(route)) }
}

fn post_json(post: &Post) -> Value {
    let mut shown = post.details.clone();
    let created_ms = post.created_at.as_millisecond();
    shown["id"] = json!(post.id);
    shown["author"] = json!(post.author);
    shown["commentary"] = json!(post.raw);
    shown["createdAt"] = json!(created_ms);
    shown["publishedAt"] = json!(created_ms);
    shown["lastModifiedAt"] = json!(created_ms);
    shown["lifecycleStateInfo"] = json!({"isEditedByAuthor": false});
    shown
}
