//! Content pieces: kept, changed, told.

use std::collections::BTreeSet;

use activities_data::content::{self, ContentPiece};
use activities_data::media;

use super::fit::{FAULTS_MAX, fault, no_language, not_uploaded};
use crate::api::content::{Content, ContentMedia, ContentView};
use crate::api::problem::FieldProblem;
use crate::app::caller::is_name;
use crate::app::{App, AppError, Caller, Once};

/// The longest id that an application may give a piece, in characters.
const ID_CHARS_MAX: usize = 128;
/// The longest text, in characters: several times what any platform takes.
const TEXT_CHARS_MAX: usize = 20_000;
/// Parts of a thread: as many as a campaign's.
const PARTS_MAX: usize = 100;
/// Files of one text.
const FILES_MAX: usize = 20;
/// The longest address, in characters.
const LINK_CHARS_MAX: usize = 2_000;
/// Organizations that a service may have a piece of the same id in before it must say which it means.
const SAME_ID_MAX: u32 = 100;

impl App {
    /// Keeps a piece: under the caller's own id, or a new one. One that differs from what is kept is a new
    /// version of it; posts that were scheduled keep the old one.
    ///
    /// # Errors
    /// [`AppError::Fields`] lists what is wrong.
    pub async fn put_content(
        &self,
        organization: String,
        id: Option<String>,
        said: Content,
        once: Option<Once>,
    ) -> Result<ContentView, AppError> {
        let mut faults = self.content_faults(&organization, &said).await?;
        if id.as_deref().is_some_and(|id| !is_name(id, ID_CHARS_MAX)) {
            let message = "use 1 to 128 letters, digits, `.`, `_`, `:` and `-`, the first a letter or digit";
            faults.push(fault("id", "request/field", message));
        }
        if !faults.is_empty() {
            return Err(AppError::Fields(faults));
        }
        let id = id.unwrap_or_else(|| format!("cnt_{}", uuid::Uuid::new_v4().simple()));
        let kept = serde_json::to_value(&said).map_err(|_| AppError::Compile)?;
        self.write_once(once, move |tx| {
            Box::pin(async move {
                let files: BTreeSet<&str> = files(&said).map(|(_, file)| file.id.as_str()).collect();
                let files: Vec<&str> = files.into_iter().collect();
                let piece = content::put(tx, &organization, &id, &kept, &files).await?;
                view(piece)
            })
        })
        .await
    }

    /// The piece of that id.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Field`] when several organizations of a service have one.
    pub async fn content(
        &self,
        caller: &Caller,
        organization: Option<&str>,
        id: &str,
    ) -> Result<ContentView, AppError> {
        let unknown = || AppError::NotFound { what: "content piece", id: id.chars().take(80).collect() };
        let pieces = {
            let mut conn = self.db.reader().await?;
            match organization.or(caller.organization()) {
                Some(organization) => content::find(&mut conn, organization, id).await?.into_iter().collect(),
                None => content::of_id(&mut conn, id, SAME_ID_MAX).await?,
            }
        };
        let mut own = Vec::new();
        for piece in pieces {
            if self.reaches(caller, &piece.organization).await? {
                own.push(piece);
            }
        }
        match own.len() {
            0 => Err(unknown()),
            1 => view(own.remove(0)),
            _ => Err(AppError::field(
                "organizationId",
                "several of your organizations have this piece: say which",
            )),
        }
    }

    /// What is wrong with a piece, whatever platform it goes to.
    async fn content_faults(
        &self,
        organization: &str,
        said: &Content,
    ) -> Result<Vec<FieldProblem>, AppError> {
        let mut faults = shape_faults(said);
        let mut conn = self.db.reader().await?;
        for (field, file) in files(said) {
            if faults.len() >= FAULTS_MAX {
                break;
            }
            let ContentMedia { id, alt: _, captions } = file;
            let captions = captions.as_ref().map(|it| (format!("{field}.captions"), it));
            let beside = captions.as_ref().map(|(field, it)| (format!("{field}.id"), &it.id));
            for (field, id) in [(format!("{field}.id"), id)].into_iter().chain(beside) {
                if media::owned(&mut conn, organization, id).await?.is_none() {
                    faults.push(not_uploaded(&field));
                }
            }
            faults.extend(captions.and_then(|(field, it)| no_language(&field, it)));
        }
        Ok(faults)
    }
}

/// Every file that a piece names, with the field that names it.
fn files(said: &Content) -> impl Iterator<Item = (String, &ContentMedia)> {
    let common = said.media.iter().enumerate().map(|(index, file)| (format!("media[{index}]"), file));
    let special = said.variants.iter().flat_map(|(name, variant)| {
        let files = variant.media.iter().flatten().enumerate();
        files.map(move |(index, file)| (format!("variants.{}.media[{index}]", name.as_str()), file))
    });
    common.chain(special).take(FILES_MAX * 5)
}

fn shape_faults(said: &Content) -> Vec<FieldProblem> {
    let Content { title, body, media, variants, link } = said;
    let mut faults = Vec::new();
    let mut text = |field: String, text: &str, max: usize| {
        if text.chars().count() > max {
            faults.push(fault(&field, "text/too-long", &format!("it has more than {max} characters")));
        } else if text.contains('\0') {
            faults.push(fault(&field, "request/field", "it holds a NUL character"));
        }
    };
    text("body".to_owned(), body, TEXT_CHARS_MAX);
    text("title".to_owned(), title.as_deref().unwrap_or_default(), 400);
    for (name, variant) in variants {
        let at = |field: &str| format!("variants.{}.{field}", name.as_str());
        text(at("body"), variant.body.as_deref().unwrap_or_default(), TEXT_CHARS_MAX);
        text(at("firstComment"), variant.first_comment.as_deref().unwrap_or_default(), TEXT_CHARS_MAX);
        for (index, part) in variant.thread.iter().take(PARTS_MAX).enumerate() {
            text(at(&format!("thread[{index}]")), part, TEXT_CHARS_MAX);
        }
    }
    for (name, variant) in variants {
        let parts = variant.thread.len();
        if parts > PARTS_MAX {
            let field = format!("variants.{}.thread", name.as_str());
            faults.push(fault(&field, "request/field", &format!("it has more than {PARTS_MAX} parts")));
        }
        if variant.media.as_ref().is_some_and(|media| media.len() > FILES_MAX) {
            let field = format!("variants.{}.media", name.as_str());
            faults.push(fault(&field, "media/too-many", &format!("there are more than {FILES_MAX} files")));
        }
    }
    if media.len() > FILES_MAX {
        faults.push(fault("media", "media/too-many", &format!("there are more than {FILES_MAX} files")));
    }
    if let Some(link) = link {
        let good = link.parse::<url::Url>().is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !good || link.len() > LINK_CHARS_MAX || link.chars().any(char::is_whitespace) {
            faults.push(fault("link", "request/field", "it is not an address of `http` or `https`"));
        }
    }
    faults
}

fn view(piece: ContentPiece) -> Result<ContentView, AppError> {
    let ContentPiece { organization, id, content, version, created_at, updated_at } = piece;
    Ok(ContentView {
        id,
        organization_id: organization,
        content: said(content)?,
        version,
        created_at,
        updated_at,
    })
}

/// What a kept piece says.
pub(super) fn said(content: serde_json::Value) -> Result<Content, AppError> {
    crate::app::once::read(content)
}
