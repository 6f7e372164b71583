//! `platform/card`, `platform/exclusive`: a link is shown as a card, or people know that it is not.

use campaigns_limits::Platform;

use super::View;
use crate::codes;
use crate::problems::Problems;

pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    let Some(link) = view.said.first(|extras| extras.link.as_ref()) else { return };
    let (Some(card), Some(first)) = (&view.asked.card, view.parts.first()) else { return };
    let path = format!("posts.{}.link", view.post.id.value);
    let url = card.url.text.trim();
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        let problem = problems
            .error(codes::PLATFORM_CARD, link.url.span, "a card's `url` is an address on the web")
            .with_help("write it whole: `https://acme.example/page`");
        problems.push(problem.at_path(path));
        return;
    }
    match view.platform() {
        // X makes cards of the links in a text, and only of those.
        Platform::X if !view.parts.iter().any(|part| part.rendered.text.contains(url)) => {
            let problem = problems
                .warning(
                    codes::PLATFORM_CARD,
                    link.url.span,
                    "X shows a card only for a link in the text, and this text doesn't have it",
                )
                .with_help("say the link in the text for X, too, or in an `x:` block");
            problems.push(problem.at_path(path));
        }
        Platform::X => {}
        Platform::LinkedIn => {
            if card.title.as_ref().is_none_or(|title| title.text.trim().is_empty()) {
                let problem = problems
                    .error(
                        codes::PLATFORM_CARD,
                        link.url.span,
                        "LinkedIn makes no card of a link without a title: it doesn't read the page",
                    )
                    .with_help("say `title:` in the link");
                problems.push(problem.at_path(path.clone()));
            }
            if !first.part.media.is_empty() || first.part.poll.is_some() {
                let message = "LinkedIn takes files, a poll or a link's card in a post, only one of them";
                let problem = problems.error(codes::PLATFORM_EXCLUSIVE, link.url.span, message);
                problems.push(problem.at_path(path));
            }
        }
    }
}
