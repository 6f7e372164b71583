//! `gate/unknown-person`, `gate/too-few-people`: who must approve is known, and enough of them.

use std::collections::BTreeSet;

use crate::decode::Draft;
use crate::problems::Problems;
use crate::suggest::did_you_mean;
use crate::visible::visible;
use crate::{CheckContext, codes};

pub(super) fn check(draft: &Draft, context: &CheckContext<'_>, problems: &mut Problems) {
    let known: BTreeSet<&str> = context
        .workspace
        .map(|workspace| workspace.people.keys().map(String::as_str).collect())
        .unwrap_or_default();
    // A person who is missing may stand where the workspace can't be read.
    let judges_names = context.workspace.is_none_or(|workspace| !workspace.is_faulty);
    for post in &draft.posts {
        let Some(approve) = &post.gates.approve else { continue };
        let path = format!("posts.{}.approve", post.id.value);
        for person in &approve.by {
            if !judges_names || known.contains(person.value.as_str()) {
                continue;
            }
            let near = did_you_mean(&person.value, known.iter().copied()).map(str::to_owned);
            let message =
                format!("nobody is named `{}` among the workspace's people", visible(&person.value));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "list the person in tidings.yaml under `people:`".to_owned(),
            };
            let problem = problems.error(codes::GATE_UNKNOWN_PERSON, person.span, message).with_help(help);
            problems.push(problem.at_path(format!("{path}.by")));
        }
        let people: BTreeSet<&str> = approve.by.iter().map(|person| person.value.as_str()).collect();
        if people.len() < approve.count.value as usize {
            let message = format!(
                "{} must approve and only {} could, so this would never go out",
                approve.count.value,
                people.len()
            );
            let problem = problems.error(codes::GATE_TOO_FEW_PEOPLE, approve.count.span, message);
            problems.push(problem.at_path(format!("{path}.count")));
        }
    }
}
