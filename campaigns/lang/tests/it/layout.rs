//! `fmt`: the same campaign, its texts as blocks.

use campaigns_lang::{Campaign, Content, Contents, Source, check, formatted};

use crate::diagnostics::{cases, with_context};

fn campaign(source: &Source) -> Option<Campaign> {
    with_context(&[], |context| check(source, context).campaign)
}

/// Every text of the posts, in order.
fn texts(campaign: &Campaign) -> Vec<String> {
    let of = |content: &Content| match content {
        Content::Text(text) => vec![text.template.text.clone()],
        Content::Repost(post) => vec![post.value.clone()],
        Content::Thread(parts) => parts.iter().map(|part| part.text.template.text.clone()).collect(),
    };
    let mut found = Vec::new();
    for post in &campaign.posts {
        match &post.content {
            Contents::One(content) => found.extend(of(content)),
            Contents::Turns(turns) => found.extend(turns.iter().flat_map(|turn| of(&turn.content))),
        }
        found.extend(post.blocks.values().filter_map(|block| block.content.as_ref()).flat_map(of));
        let comments = post.blocks.values().filter_map(|block| block.extras.first_comment.as_ref());
        found.extend(comments.map(|text| text.template.text.clone()));
    }
    found
}

#[test]
fn formatting_changes_no_text_and_settles_at_once() {
    let mut changed = 0;
    for case in cases() {
        let source = Source::new("a.yaml", std::fs::read(&case).unwrap());
        let Some(better) = formatted(&source) else { continue };
        changed += 1;
        assert_eq!(formatted(&better), None, "{}", case.display());
        match (campaign(&source), campaign(&better)) {
            (Some(before), Some(after)) => assert_eq!(texts(&before), texts(&after), "{}", case.display()),
            (before, after) => assert_eq!(before.is_some(), after.is_some(), "{}", case.display()),
        }
    }
    assert!(changed > 10);
}

#[test]
fn texts_become_blocks_and_comments_stay() {
    let text = r#"# spring
campaign: a   # the id
version: 1
accounts: [x/acme]
posts:
  p:
    at: now
    text: "Out now: #launch\n\n  indented"   # said twice
    # below
  q:
    at: now
    thread:
      - First
      - text: Second,
          folded
        media: []
  r: {at: now, text: in braces}
  s:
    at: now
    text: "ends with a newline\n"
"#;
    let expected = r#"# spring
campaign: a   # the id
version: 1
accounts: [x/acme]
posts:
  p:
    at: now
    text: |   # said twice
      Out now: #launch

        indented
    # below
  q:
    at: now
    thread:
      - |
        First
      - text: |
          Second, folded
        media: []
  r: {at: now, text: in braces}
  s:
    at: now
    text: "ends with a newline\n"
"#;
    let better = formatted(&Source::new("a.yaml", text.as_bytes())).unwrap();
    assert_eq!(std::str::from_utf8(&better.bytes).unwrap(), expected);
}
