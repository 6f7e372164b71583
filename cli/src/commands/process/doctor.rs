//! `tidings doctor`: is everything in order, and if not, what to do.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use server::api::AccountView;
use server::api::publication::PublicationQuery;

use crate::backend::find::running_server;
use crate::backend::{Backend, EMPTY, Need, Remote, find};
use crate::commands::database::status::SKEW_MAX_MS;
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::{clock_of_folder, ledger_failure, read_ledger};
use crate::process::home::{HomeChoice, other_home};
use crate::process::keys::Keys;
use crate::settings::database::database;
use crate::settings::platforms::Platforms;
use crate::settings::{DataFolder, Settings};
use crate::terminal::{BOLD, CYAN, GREEN, RED, YELLOW, moment};

/// Below this much free space, in bytes, the next large video may not fit.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// A publication that should have gone out so long ago, and did not, is told.
const LATE: SignedDuration = SignedDuration::from_mins(5);

const EXAMPLES: &str = "\
Examples:
  tidings doctor                     data folder, keys, home of the workflows, server, accounts, publications
  TEMPORAL_ADDRESS=temporal.acme.dev:7233 tidings doctor
  tidings doctor --json | jq '.checks[] | select(.state != \"ok\")'

It changes nothing. Exit code 1 when something is wrong, 6 when that is a home or a server out of reach.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// Works, and should be looked at.
    Warning,
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: String,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

impl Check {
    fn ok(name: &str, found: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            state: State::Ok,
            found: found.into(),
            code: None,
            help: None,
            exit: Exit::Ok,
        }
    }

    fn warning(name: &str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { state: State::Warning, help: Some(help.into()), ..Self::ok(name, found) }
    }

    fn wrong(name: &str, failure: Failure) -> Self {
        let Failure { exit, code, message, help } = failure;
        let exit = if exit == Exit::OutOfReach { exit } else { Exit::Failed };
        Self { state: State::Wrong, code: Some(code), help, exit, ..Self::ok(name, message) }
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    ok: bool,
    checks: &'a [Check],
}

pub(crate) async fn run(_args: &Args, settings: &Settings) -> Ended {
    let mut checks = vec![folder(&settings.data), key(settings).await];
    let server = running_server(settings).await;
    checks.extend(ledger_database(settings).await);
    checks.push(home(settings, server.as_ref().ok().and_then(Option::as_ref)).await);
    checks.push(serving(server).await);
    match find(settings, Need::Read).await {
        Ok(backend) => look_inside(&backend, settings, &mut checks).await,
        Err(failure) if failure.code == EMPTY => {
            checks.push(Check::warning(
                "ledger",
                "nothing is in it yet",
                "start with `tidings apply FILE`, or `tidings up FOLDER`",
            ));
        }
        Err(failure) => checks.push(Check::wrong("ledger", failure)),
    }
    let worst = checks.iter().map(|check| check.exit).find(|exit| *exit == Exit::OutOfReach);
    let failed = checks.iter().any(|check| check.state == State::Wrong);
    if settings.json {
        settings.terminal.json(&Report { version: 1, ok: !failed, checks: &checks })?;
    } else {
        settings.terminal.result(&told(&checks))?;
    }
    Ok(if failed { worst.unwrap_or(Exit::Failed) } else { Exit::Ok })
}

fn told(checks: &[Check]) -> String {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let (color, sign) = match check.state {
            State::Ok => (GREEN, "ok"),
            State::Warning => (YELLOW, "!!"),
            State::Wrong => (RED, "no"),
        };
        text.push_str(&format!(
            "{color}{sign}{color:#}  {BOLD}{:<width$}{BOLD:#}  {}\n",
            check.name, check.found
        ));
        if let Some(help) = &check.help {
            text.push_str(&format!("    {:<width$}  {CYAN}help{CYAN:#}: {help}\n", ""));
        }
    }
    text
}

fn folder(folder: &DataFolder) -> Check {
    let name = "data folder";
    let path = folder.path();
    let place = path.ancestors().find(|path| path.is_dir());
    let free =
        place.and_then(|path| rustix::fs::statvfs(path).ok()).map(|disk| disk.f_bavail * disk.f_frsize);
    let found = match free {
        Some(bytes) => format!("{}, {:.1} GiB free", path.display(), bytes as f64 / (1_u64 << 30) as f64),
        None => path.display().to_string(),
    };
    if let Err(error) = std::fs::read_dir(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        let failure = Failure::failed("folder/unreadable", format!("{found}: {error}"));
        return Check::wrong(
            name,
            failure.help("give the user that runs tidings the right to read and write it"),
        );
    }
    match free {
        Some(bytes) if bytes < FREE_BYTES_MIN => Check::warning(
            name,
            found,
            "make room: on a full disk nothing is lost, but nothing is published either",
        ),
        _ => Check::ok(name, found),
    }
}

async fn key(settings: &Settings) -> Check {
    let keys = Keys::of(&settings.env, &settings.data);
    if let (Ok(keys), Some(ledger)) = (&keys, ledger(settings).await)
        && let Err(failure) = keys.fit(&ledger, &settings.data).await
    {
        return Check::wrong("key", failure);
    }
    match keys {
        Ok(Keys::Environment { previous: Some(_), .. }) => Check::warning(
            "key",
            "from ENCRYPTION_KEY, with the one before it",
            "`tidings keys rotate` seals everything with the new one; then unset ENCRYPTION_KEY_PREVIOUS",
        ),
        Ok(Keys::Environment { previous: None, .. }) => Check::ok("key", "from ENCRYPTION_KEY"),
        Ok(Keys::File(folder)) if folder.key().is_file() => {
            Check::ok("key", format!("in {}; keep a copy of it elsewhere", folder.key().display()))
        }
        Ok(Keys::File(folder)) if folder.ledger().exists() => Check::wrong(
            "key",
            Failure::failed("vault/key-missing", format!("`{}` is missing", folder.key().display()))
                .help("set ENCRYPTION_KEY as it was before, or put the file back"),
        ),
        Ok(Keys::File(_)) => Check::ok("key", "is made at the first start"),
        Err(failure) => Check::wrong("key", failure),
    }
}

/// Which database has the ledger, and whether it answers; none is told where it is a file of the folder.
async fn ledger_database(settings: &Settings) -> Option<Check> {
    let name = "database";
    let postgres = match database(&settings.env) {
        Ok(None) => return None,
        Ok(Some(postgres)) => postgres,
        Err(failure) => return Some(Check::wrong(name, failure)),
    };
    Some(match postgres.look().await {
        Err(error) => Check::wrong(name, ledger_failure(&settings.data, &error)),
        Ok(look) => {
            let ahead = look.now_ms - engine_clock::Clock::real().now().as_millisecond();
            let found = format!("{postgres}, PostgreSQL {}: answers", look.server);
            match ahead.unsigned_abs() > SKEW_MAX_MS {
                true => Check::warning(
                    name,
                    format!("{found}; its clock is {ahead} ms ahead of this machine's"),
                    "keep the clocks of all machines right (NTP): leases end by them",
                ),
                false => Check::ok(name, found),
            }
        }
    })
}

/// Which home the workflows have, and whether it answers.
async fn home(settings: &Settings, server: Option<&Remote>) -> Check {
    let name = "home";
    let choice = match HomeChoice::of(&settings.env) {
        Ok(choice) => choice,
        Err(failure) => return Check::wrong(name, failure),
    };
    let recorded = recorded_home(settings).await;
    let shared = database(&settings.env).is_ok_and(|database| database.is_some());
    // A look makes no name: who has none has no engine here yet.
    let is_new = shared && matches!(choice, HomeChoice::Embedded { .. }) && !settings.data.engine().is_file();
    let wished = match choice.name(&settings.data, shared && !is_new) {
        Ok(wished) => wished,
        Err(failure) => return Check::wrong(name, failure),
    };
    if let Some(recorded) = recorded.as_ref().filter(|recorded| **recorded != wished) {
        return Check::wrong(
            name,
            other_home(recorded, &wished).help(
                "set or unset TEMPORAL_ADDRESS as it was before, or move with `tidings up --move-home`",
            ),
        );
    }
    if let Err(failure) = choice.probe().await {
        return Check::wrong(name, failure);
    }
    let answers = match server {
        Some(server) => server.ready().await.and_then(|ready| ready.conditions.get("engine").copied()),
        None => None,
    };
    match (choice, answers) {
        (HomeChoice::Cluster(cluster), _) => Check::ok(
            name,
            format!(
                "Temporal cluster at {}, namespace `{}`: answers",
                cluster.address(),
                cluster.namespace()
            ),
        ),
        (HomeChoice::Embedded { .. }, Some(true)) => Check::ok(name, "embedded engine: answers"),
        (HomeChoice::Embedded { .. }, Some(false)) => Check::wrong(
            name,
            Failure::new(Exit::OutOfReach, "home/unreachable", "the embedded engine does not answer")
                .help("its log says why; stop the process and start it again: nothing is lost"),
        ),
        (HomeChoice::Embedded { .. }, None) => Check::ok(name, "embedded engine, which runs in `tidings up`"),
    }
}

async fn recorded_home(settings: &Settings) -> Option<String> {
    let mut reader = ledger(settings).await?.reader().await.ok()?;
    activities_data::installation::read(&mut reader).await.ok()?.home
}

/// The ledger to read from, where it can be.
async fn ledger(settings: &Settings) -> Option<activities_data::Db> {
    read_ledger(settings, clock_of_folder(&settings.data)).await.ok()?.ok()
}

/// Whether a process carries out what is planned.
async fn serving(server: Result<Option<Remote>, Failure>) -> Check {
    let name = "server";
    let server = match server {
        Ok(Some(server)) => server,
        Ok(None) => {
            return Check::warning(
                name,
                "none runs on this data folder",
                "nothing is published until `tidings up` runs",
            );
        }
        Err(failure) => return Check::wrong(name, failure),
    };
    let Some(ready) = server.ready().await else {
        let message = format!("the server at {} does not answer", server.address());
        return Check::wrong(
            name,
            Failure::new(Exit::OutOfReach, "server/out-of-reach", message)
                .help("check the address, and that `tidings up` runs there"),
        );
    };
    if ready.ready {
        return Check::ok(name, format!("at {}, ready", server.address()));
    }
    let lacking = ready.conditions.iter().filter(|(_, holds)| !**holds).map(|(name, _)| name.as_str());
    Check::wrong(
        name,
        Failure::failed(
            "server/not-ready",
            format!("at {}, not ready: {}", server.address(), lacking.collect::<Vec<_>>().join(", ")),
        )
        .help("it may have just been started; its log says what it waits for"),
    )
}

async fn look_inside(backend: &Backend, settings: &Settings, checks: &mut Vec<Check>) {
    match backend.accounts().await {
        Ok(list) if list.accounts.is_empty() => checks.push(Check::warning(
            "accounts",
            "none is connected",
            "`tidings accounts connect x`, or try `tidings up --sandbox`",
        )),
        Ok(list) => checks.extend(list.accounts.iter().map(|found| account(found, settings))),
        Err(failure) => checks.push(Check::wrong("accounts", failure)),
    }
    match backend.all_publications(&PublicationQuery::default()).await {
        Ok(rows) => checks.push(publications(
            rows.iter().map(|row| (row.state.as_str(), row.due_at)),
            engine_clock::Clock::real().now(),
        )),
        Err(failure) => checks.push(Check::wrong("publications", failure)),
    }
}

fn account(account: &AccountView, settings: &Settings) -> Check {
    let name = account.account.as_str();
    let reason = account.status_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    if account.status != "active" {
        let platform = name.split('/').next().unwrap_or_default();
        return Check::warning(
            name,
            format!("{}{reason}", account.status),
            format!("`tidings accounts connect {platform}` connects it again; what is planned for it waits"),
        );
    }
    let until = account.token_expires_at.map(|at| format!(", token until {}", moment::local(at)));
    let found = format!("active{}", until.unwrap_or_default());
    // Only this process's settings are known here; a server elsewhere has its own.
    let app = Platforms::from_environment(&settings.env).ok().map(|platforms| match name.split('/').next() {
        Some("x") => platforms.x.app.client_id.is_some(),
        _ => platforms.linkedin.app.client_id.is_some(),
    });
    let is_sandbox = crate::process::server_file::ServerFile::read(&settings.data.server_json())
        .is_some_and(|server| server.sandbox.is_some());
    match app {
        Some(false) if settings.server.is_none() && !is_sandbox => Check::warning(
            name,
            found,
            "no app credentials are set for its platform, so its token can't be refreshed: see .env.example",
        ),
        _ => Check::ok(name, found),
    }
}

fn publications<'a>(rows: impl Iterator<Item = (&'a str, Option<Timestamp>)>, now: Timestamp) -> Check {
    let (mut planned, mut waiting, mut late) = (0_usize, 0_usize, 0_usize);
    for (state, due_at) in rows {
        match state {
            "planned" => {
                planned += 1;
                late += usize::from(due_at.is_some_and(|due| now.duration_since(due) > LATE));
            }
            "held" | "blocked" | "rejected" | "partial" => waiting += 1,
            _ => {}
        }
    }
    let found = format!("{planned} planned, {late} of them late, {waiting} wait for a person");
    match (waiting, late) {
        (0, 0) => Check::ok("publications", found),
        (0, _) => Check::warning("publications", found, "`tidings show ID` tells what a late one waits for"),
        _ => Check::warning(
            "publications",
            found,
            "`tidings list --state held,blocked,rejected,partial` names them; `tidings resolve`, `retry` or `cancel` decides",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_person_is_counted_apart_from_what_is_late() {
        let now: Timestamp = "2027-03-18T09:00:00Z".parse().unwrap();
        let due = |text: &str| Some(text.parse().unwrap());
        let rows = [
            ("planned", due("2027-03-18T10:00:00Z")),
            ("planned", due("2027-03-18T08:00:00Z")),
            ("planned", None),
            ("held", None),
            ("published", None),
        ];
        let check = publications(rows.into_iter(), now);
        assert_eq!(check.found, "3 planned, 1 of them late, 1 wait for a person");
        assert_eq!(check.state, State::Warning);
        assert_eq!(publications([("published", None)].into_iter(), now).state, State::Ok);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_in_order() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(folder(&DataFolder::at(place.path().join("a/b"))).exit, Exit::Ok);
        std::fs::write(place.path().join("file"), b"").unwrap();
        assert_eq!(folder(&DataFolder::at(place.path().join("file"))).state, State::Wrong);
    }
}
