//! The table of edits of a running campaign: what each edit does to a post in each state, and that taking it back
//! leaves what was there.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::time::Duration;

use activities_data::publications::{self, Cause};
use activities_data::{DbError, State};
use engine_clock::Clock;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use support::Fixture;

const WORKSPACE: &str = "\
workspace: acme
version: 1
people:
  editor: {email: editor@acme.example}
  lawyer: {email: lawyer@acme.example}
";
/// `DAY` is the day after tomorrow; `GATE` the approval, where the post waits for one.
const CAMPAIGN: &str = "\
campaign: launch
version: 1
timezone: UTC
accounts: [x/demo]
posts:
  target:
    at: \"DAY 10:00\"
GATE    text: |
      Good morning
  other:
    at: \"DAY 18:00\"
    text: |
      Good evening
";
const GATE: &str = "    approve: {by: [editor, lawyer], count: 2, else: hold}\n";
const TARGET: &str = "  target:\n    at: \"DAY 10:00\"\nGATE    text: |\n      Good morning\n";

/// The columns of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Planned,
    Waiting,
    Sending,
    Published,
}

const COLUMNS: [Column; 4] = [Column::Planned, Column::Waiting, Column::Sending, Column::Published];

/// A row: the edit as a replacement in the file, and what it says in each column.
struct Row {
    name: &'static str,
    edit: (&'static str, &'static str),
    says: [&'static [&'static str]; 4],
}

const TABLE: &[Row] = &[
    Row {
        name: "text",
        edit: ("Good morning", "Good day"),
        says: [
            &["target on x/demo: replaced"],
            &["target on x/demo: replaced, approval void"],
            &["target on x/demo: refused edit/unsettled"],
            &["target on x/demo: ignored"],
        ],
    },
    Row {
        name: "time",
        edit: ("DAY 10:00", "DAY 11:00"),
        says: [
            &["target on x/demo: moved"],
            &["target on x/demo: moved"],
            &["target on x/demo: refused edit/unsettled"],
            &["target on x/demo: ignored"],
        ],
    },
    Row {
        name: "time, into the past",
        edit: ("DAY 10:00", "2026-01-01 10:00"),
        says: [
            &["target on x/demo: refused edit/past"],
            &["target on x/demo: refused edit/past"],
            &["target on x/demo: refused edit/unsettled"],
            &["target on x/demo: ignored"],
        ],
    },
    Row {
        name: "account added",
        edit: ("accounts: [x/demo]", "accounts: [x/demo, linkedin/demo]"),
        says: [
            &["other on linkedin/demo: new", "target on linkedin/demo: new"],
            &["other on linkedin/demo: new", "target on linkedin/demo: new"],
            &["other on linkedin/demo: new", "target on linkedin/demo: new"],
            &["other on linkedin/demo: new", "target on linkedin/demo: new"],
        ],
    },
    Row {
        name: "post removed",
        edit: (TARGET, ""),
        says: [
            &["target on x/demo: cancelled"],
            &["target on x/demo: cancelled"],
            &["target on x/demo: refused edit/unsettled"],
            &["target on x/demo: ignored"],
        ],
    },
    Row {
        name: "id renamed",
        edit: ("posts:\n  target:", "moved: [{from: target, to: renamed}]\nposts:\n  renamed:"),
        says: [
            &["renamed on x/demo: renamed"],
            &["renamed on x/demo: renamed"],
            &["renamed on x/demo: renamed"],
            &["renamed on x/demo: renamed"],
        ],
    },
    Row {
        name: "id renamed without `moved`",
        edit: ("  target:", "  renamed:"),
        says: [
            &["renamed on x/demo: new", "target on x/demo: cancelled"],
            &["renamed on x/demo: new", "target on x/demo: cancelled"],
            &["renamed on x/demo: refused graph/possible-rename", "target on x/demo: refused edit/unsettled"],
            &["renamed on x/demo: refused graph/possible-rename", "target on x/demo: ignored"],
        ],
    },
];

struct Story {
    server: Fixture,
    start: Timestamp,
    column: Column,
}

impl Story {
    /// A campaign whose post `target` is in the state of a column.
    async fn begin(column: Column) -> Self {
        let clock = Clock::skipping();
        let server = Fixture::on(clock.clone()).await;
        server.account("TWITTER").await;
        server.account("LINKEDIN").await;
        let story = Self { start: clock.now(), server, column };
        let (taken, answer) = story.apply(CAMPAIGN).await;
        assert!(taken, "{answer}");
        let target = story.target().await;
        match column {
            Column::Planned => {}
            Column::Waiting => {
                let path = format!("api/v1/publications/{}/approve", target["id"].as_str().unwrap());
                let wish = json!({"person": "editor"});
                let (status, answer) = story.server.ask(Method::POST, &path, Some(&wish)).await;
                assert_eq!(status, 200, "{answer}");
            }
            Column::Sending => story.send(&target).await,
            Column::Published => {
                let due: Timestamp = target["dueAt"].as_str().unwrap().parse().unwrap();
                let ahead = due.duration_since(clock.now()) + SignedDuration::from_secs(1);
                clock.advance(Duration::try_from(ahead).unwrap()).unwrap();
                // Its sign-in has ended by then.
                story.server.account("TWITTER").await;
                story.server.publish(&target).await;
                assert_eq!(story.target().await["state"], "published");
            }
        }
        story
    }

    fn bundle(&self, campaign: &str) -> Value {
        let day = (self.start + SignedDuration::from_hours(48)).strftime("%Y-%m-%d").to_string();
        let gate = if self.column == Column::Waiting { GATE } else { "" };
        let text = campaign.replace("DAY", &day).replace("GATE", gate);
        json!({
            "file": {"name": "launch.campaign.yaml", "text": text},
            "workspace": {"name": "tidings.yaml", "text": WORKSPACE},
        })
    }

    /// Whether an apply was taken, and its answer.
    async fn apply(&self, campaign: &str) -> (bool, Value) {
        let wish = json!({"bundle": self.bundle(campaign)});
        let (status, answer) = self.server.ask(Method::POST, "api/v1/campaigns/apply", Some(&wish)).await;
        (status == 200, answer)
    }

    /// What a plan says that applying would change.
    async fn plan(&self, campaign: &str) -> Vec<String> {
        let wish = json!({"bundle": self.bundle(campaign)});
        let (status, view) = self.server.ask(Method::POST, "api/v1/campaigns/plan", Some(&wish)).await;
        assert_eq!(status, 200, "{view}");
        let changes = view["changes"]["changes"].as_array().unwrap();
        let mut said: Vec<String> = changes.iter().filter_map(sentence).collect();
        said.sort();
        said
    }

    async fn rows(&self) -> Vec<Value> {
        let path = "api/v1/publications?campaign=launch";
        let (_, list) = self.server.ask(Method::GET, path, None).await;
        list["publications"].as_array().unwrap().clone()
    }

    async fn target(&self) -> Value {
        self.rows().await.into_iter().find(|row| row["post"] == "target").unwrap()
    }

    /// What is there, as a person would see it; what was taken back is not.
    async fn shown(&self) -> Vec<String> {
        let mut shown = Vec::new();
        for row in self.rows().await {
            let path = format!("api/v1/publications/{}", row["id"].as_str().unwrap());
            let (_, story) = self.server.ask(Method::GET, &path, None).await;
            let text = &story["segments"][0]["text"];
            if row["state"] != "cancelled" {
                shown.push(format!(
                    "{} {} {} {} {text}",
                    row["post"], row["account"], row["state"], row["dueAt"]
                ));
            }
        }
        shown.sort();
        shown
    }

    /// As a worker that has it in hand.
    async fn send(&self, publication: &Value) {
        let id = publication["id"].as_str().unwrap().parse().unwrap();
        self.server
            .app
            .db
            .write::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    let mut row = publications::get(tx, &id).await?;
                    publications::transition(tx, &mut row, State::Sending, None, &Cause::by("test")).await
                })
            })
            .await
            .unwrap();
    }
}

/// A change in the words of the table; `None` where nothing changes.
fn sentence(change: &Value) -> Option<String> {
    let is = |field: &str| change[field] == true;
    let words = match change["action"].as_str().unwrap() {
        "unchanged" if change["renamedFrom"].is_null() => return None,
        "unchanged" => "renamed".to_owned(),
        "create" => "new".to_owned(),
        "cancel" => "cancelled".to_owned(),
        "refused" => format!("refused {}", change["code"].as_str().unwrap()),
        "update" => {
            let words = [
                ("content", "replaced"),
                ("timing", "moved"),
                ("approvalVoid", "approval void"),
                ("restored", "restored"),
            ];
            let said: Vec<&str> = words.iter().filter(|(field, _)| is(field)).map(|word| word.1).collect();
            said.join(", ")
        }
        other => other.to_owned(),
    };
    let text = |field: &str| change[field].as_str().unwrap().to_owned();
    Some(format!("{} on {}: {words}", text("post"), text("account")))
}

async fn holds(row: &Row, column: Column) {
    let at = format!("{}, {column:?}", row.name);
    let story = Story::begin(column).await;
    let before = story.shown().await;
    let edited = CAMPAIGN.replace(row.edit.0, row.edit.1);
    assert_ne!(edited, CAMPAIGN, "{at}: the edit does nothing");
    let says = story.plan(&edited).await;
    assert_eq!(says, row.says[column as usize], "{at}: what the plan says");

    let refused = says.iter().any(|line| line.contains(": refused"));
    let (taken, answer) = story.apply(&edited).await;
    assert_eq!(taken, !refused, "{at}: {answer}");
    if refused {
        assert_eq!(story.shown().await, before, "{at}: a refused apply changed something");
    }
    let settled: Vec<String> =
        story.plan(&edited).await.into_iter().filter(|line| !line.ends_with("ignored")).collect();
    assert_eq!(settled.is_empty(), !refused, "{at}: the plan after the apply is not empty: {settled:?}");

    let back = match row.edit.1.starts_with("posts:") || row.edit.1.starts_with("moved:") {
        true => CAMPAIGN.replace("posts:", "moved: [{from: renamed, to: target}]\nposts:"),
        false => CAMPAIGN.to_owned(),
    };
    assert!(story.apply(&back).await.0, "{at}: it can't be taken back");
    assert_eq!(story.shown().await, before, "{at}: taken back");
    story.server.stop().await;
}

#[tokio::test]
async fn every_edit_does_in_every_state_what_the_table_says_and_can_be_taken_back() {
    for row in TABLE {
        for column in COLUMNS {
            Box::pin(holds(row, column)).await;
        }
    }
}
