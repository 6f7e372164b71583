//! `tidings approve` and `tidings reject`: a person's word on what waits for it.

use server::api::control::Judgement;
use server::api::publication::PublicationQuery;

use super::each::edit_each;
use crate::backend::{Backend, Edit, Need, find};
use crate::completing;
use crate::exit::{Ended, Failure};
use crate::settings::Settings;

const APPROVE: &str = "\
Examples:
  tidings list --state awaiting_approval
  tidings render launch.campaign.yaml --post announcement   what it says, whole
  tidings approve --as ana pub_0123456789abcdef01234567
  tidings approve --as ana --campaign launch --post announcement

An approval holds for the content as it is: an edit voids it. The last word of a person counts.";

const REJECT: &str = "\
Examples:
  tidings reject --as li pub_0123 --comment 'the price is wrong'
  tidings reject --as li --campaign launch --post announcement

It is held until the person changes their mind or the content is edited.";

/// What both take.
#[derive(Debug, clap::Args)]
struct Words {
    /// Publications by id, or the beginning of it
    #[arg(value_name = "ID", required_unless_present = "campaign", add = completing::publications())]
    ids: Vec<String>,
    /// Everything of this campaign that waits for approval
    #[arg(long, conflicts_with = "ids", value_name = "CAMPAIGN", add = completing::campaigns())]
    campaign: Option<String>,
    /// Only this post of the campaign
    #[arg(long, requires = "campaign", value_name = "POST", add = completing::posts())]
    post: Option<String>,
    /// Who says so, as `people:` in tidings.yaml names them [default: whose token it is]
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// Kept with it, for the others
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = APPROVE)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    words: Words,
}

#[derive(Debug, clap::Args)]
#[command(after_help = REJECT)]
pub(crate) struct RejectArgs {
    #[command(flatten)]
    words: Words,
}

pub(crate) async fn approve(args: &ApproveArgs, settings: &Settings) -> Ended {
    judge(&args.words, true, settings).await
}

pub(crate) async fn reject(args: &RejectArgs, settings: &Settings) -> Ended {
    judge(&args.words, false, settings).await
}

async fn judge(words: &Words, approved: bool, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    let ids = match &words.campaign {
        Some(campaign) => waiting(&backend, campaign, words.post.as_deref()).await?,
        None => words.ids.clone(),
    };
    let judgement = Judgement { person: words.person.clone(), comment: words.comment.clone() };
    edit_each(&backend, &ids, &Edit::Judge { approved, judgement }, settings).await
}

async fn waiting(backend: &Backend, campaign: &str, post: Option<&str>) -> Result<Vec<String>, Failure> {
    let query = PublicationQuery {
        campaign: Some(campaign.to_owned()),
        state: Some("awaiting_approval".to_owned()),
        ..PublicationQuery::default()
    };
    let rows = backend.all_publications(&query).await?;
    let wanted = rows.into_iter().filter(|row| post.is_none_or(|post| row.post == post));
    Ok(wanted.map(|row| row.id).collect())
}
