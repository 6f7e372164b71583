//! A server ends with the process that started it, however that ends.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Far longer than a server needs to end.
const LOOKS_MAX: u32 = 3_000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// A process with a server in this folder, and the server's address.
fn held(folder: &Path) -> (Child, String) {
    // Cargo puts examples beside the folder of the tests.
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples/held");
    let mut command = Command::new(program);
    let mut child = command.arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    let address = url.split(['@', '/']).nth(3).unwrap_or_default().to_owned();
    assert!(!address.is_empty(), "no server: {url}");
    (child, address)
}

fn eventually(what: &str, is: impl Fn() -> bool) {
    for _ in 0..LOOKS_MAX {
        if is() {
            return;
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    panic!("it never came: {what}");
}

#[test]
fn whatever_ends_a_process_ends_its_server_and_removes_what_that_left() {
    if activities_test_server::programs().is_none() {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL's server programs are missing");
        println!("skipped: no PostgreSQL");
        return;
    }
    // Where everybody may look: the server runs as another user, if we are root.
    let place = std::env::temp_dir().join(format!("tidings-guard-{}", std::process::id()));
    // Not by an interrupt: a shell's background jobs ignore it, and so do the programs that they start.
    for signal in ["-TERM", "-KILL"] {
        let (mut child, address) = held(&place);
        assert!(TcpStream::connect(&address).is_ok() && place.join("PG_VERSION").is_file());
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success() && !child.wait().unwrap().success());
        eventually(&format!("the end of the server after {signal}"), || {
            TcpStream::connect(&address).is_err()
        });
        eventually(&format!("the folder's removal after {signal}"), || !place.exists());
    }
    let (mut child, address) = held(&place);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(TcpStream::connect(&address).is_err() && !place.exists(), "its own end waits for the server's");
}
