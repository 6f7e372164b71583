//! What `deploy/` says is what the program takes: a renamed flag or variable would fail on somebody's machine.

use std::collections::BTreeSet;

use clap::Parser as _;

use crate::args::Cli;
use crate::settings::Var;

const DOCKERFILE: &str = include_str!("../../deploy/Dockerfile");
const COMPOSE: &str = include_str!("../../deploy/compose.yaml");
const UNIT: &str = include_str!("../../deploy/tidings.service");
const EXAMPLE: &str = include_str!("../../deploy/.env.example");
const MANIFEST: &str = include_str!("../../Cargo.toml");

/// The words of `[a, "b"]`.
fn words(list: &str) -> Vec<String> {
    let inside = list.trim().trim_start_matches('[').trim_end_matches(']');
    inside.split(',').map(|word| word.trim().trim_matches('"').to_owned()).collect()
}

/// What follows a word at the start of a line, from every line that has it.
fn after<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| line.trim_start().strip_prefix(start))
}

fn names(text: &str, separator: char) -> BTreeSet<&str> {
    let is_name = |word: &&str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.lines()
        .filter_map(|line| line.trim().split_once(separator))
        .map(|(name, _)| name)
        .filter(is_name)
        .collect()
}

#[test]
fn every_command_line_is_one_that_the_program_takes() {
    let mut lines: Vec<Vec<String>> = after(DOCKERFILE, "CMD ").map(words).collect();
    lines.extend(after(COMPOSE, "command: ").map(words));
    let unit = after(UNIT, "ExecStart=/usr/local/bin/tidings ");
    lines.extend(unit.map(|line| line.split_whitespace().map(str::to_owned).collect()));
    assert_eq!(lines.len(), 5, "{lines:?}");
    for line in lines {
        let whole = std::iter::once("tidings".to_owned()).chain(line.clone());
        assert!(Cli::try_parse_from(whole).is_ok(), "{line:?}");
    }
}

#[test]
fn every_variable_is_one_that_the_program_reads() {
    let known: BTreeSet<&str> = Var::ALL.iter().map(|var| var.word()).collect();
    let tidings = COMPOSE.split("\nservices:").next().unwrap_or_default();
    let (compose, example) = (names(tidings, ':'), names(EXAMPLE, '='));
    assert!(compose.len() >= 4, "{compose:?}");
    assert_eq!(compose.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new());
    let of_docker: BTreeSet<&str> =
        after(DOCKERFILE, "ENV ").filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(!of_docker.is_empty() && of_docker.is_subset(&known), "{of_docker:?}");
    let of_unit: BTreeSet<&str> =
        after(UNIT, "Environment=").filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(!of_unit.is_empty() && of_unit.is_subset(&known), "{of_unit:?}");
    // What compose insists on is in the example, and nothing else.
    let wanted: BTreeSet<&str> =
        COMPOSE.split("${").skip(1).filter_map(|rest| rest.split(":?").next()).collect();
    assert_eq!(wanted, example);
}

#[test]
fn the_image_is_built_with_the_toolchain_and_profile_that_the_workspace_names() {
    let toolchain = after(MANIFEST, "rust-version = ").next().unwrap_or_default().trim_matches('"');
    assert!(DOCKERFILE.contains(&format!("FROM rust:{toolchain}-")), "{toolchain}");
    assert!(MANIFEST.contains("[profile.dist]") && DOCKERFILE.contains("--profile dist --package tidings"));
    assert!(DOCKERFILE.contains("target/dist/tidings"));
    // What was built with one C library runs with the same one, which knows packed relocations (2.36).
    let of_images: Vec<_> = after(DOCKERFILE, "FROM ").collect();
    assert!(
        of_images.len() == 2 && of_images.iter().all(|image| image.contains("bookworm")),
        "{of_images:?}"
    );
    // Whoever ends it waits longer than it drains.
    let drain = UNIT.split("--drain ").nth(1).and_then(|rest| rest.split('s').next()?.parse::<u32>().ok());
    let stop = after(UNIT, "TimeoutStopSec=").next().and_then(|word| word.parse::<u32>().ok());
    assert!(drain.is_some() && drain < stop, "{drain:?} {stop:?}");
}

#[test]
fn a_container_is_nobody_special_keeps_its_data_and_says_how_it_is() {
    let find = |start| after(DOCKERFILE, start).next().unwrap_or_default();
    assert_eq!(find("USER "), "tidings");
    assert!(DOCKERFILE.contains(&format!("--home-dir {} tidings", find("VOLUME "))));
    let run = words(find("CMD "));
    let follows =
        |flag: &str| run.iter().skip_while(|word| *word != flag).nth(1).cloned().unwrap_or_default();
    assert!(follows("--data").starts_with(&format!("{}/", find("VOLUME "))), "{run:?}");
    let port = follows("--listen").rsplit(':').next().unwrap_or_default().to_owned();
    assert_eq!(find("EXPOSE "), port);
    let health = DOCKERFILE.split("HEALTHCHECK").nth(1).unwrap_or_default();
    assert!(health.contains(&format!("/dev/tcp/127.0.0.1/{port}")) && health.contains("GET /health/ready "));
    // Those of compose that answer nothing are asked nothing.
    for (service, asked) in [("migrate", false), ("worker", false), ("serve", true)] {
        let of_it = COMPOSE.split(&format!("\n  {service}:\n")).nth(1).unwrap_or_default();
        let of_it = of_it.split("\n\n").next().unwrap_or_default();
        assert_eq!(!of_it.contains("disable: true"), asked, "{service}");
    }
}
