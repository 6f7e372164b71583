//! Embeds the pages of `docs/errors`, so that `tidings explain` knows every code of every crate, and has a
//! release linked small.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/errors");
    println!("cargo::rerun-if-changed={}", folder.display());
    link_small();
    let mut names: Vec<String> = fs::read_dir(&folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".md"))
        .collect();
    names.sort();
    let mut table = String::from("&[\n");
    for name in names {
        let path = folder.join(&name).canonicalize()?;
        let code = name.trim_end_matches(".md").replacen('-', "/", 1);
        writeln!(table, "    ({code:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    table.push_str("]\n");
    #[expect(clippy::disallowed_methods, reason = "cargo tells build scripts where to write")]
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(PathBuf::from(out).join("error_pages.rs"), table)
}

/// Every crate brings its own copies of generic code; those that came out the same are kept once. What hardly ever
/// runs is put apart, so that an idle process has fewer pages of it. And cargo leaves the profile's `strip` away
/// from a package that has settings of its own. The flags are LLD's, which is Rust's linker on this target since
/// 1.90: <https://blog.rust-lang.org/2025/09/01/rust-lld-on-1.90.0-stable/>.
#[expect(clippy::disallowed_methods, reason = "cargo tells build scripts what is built")]
fn link_small() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|it| it == value);
    if is("TARGET", "x86_64-unknown-linux-gnu") && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all,--strip-debug,-z,keep-text-section-prefix");
        if knows_packed_relocations() {
            println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
    }
}

/// Whether this machine's C library can start a program whose relocations are packed: 2 MB of table, which the
/// start reads and an idle process would keep, become some 50 KB. glibc knows them since 2.36 (release notes,
/// `DT_RELR`); an older one refuses such a program by name, so what is built on an older machine has none.
fn knows_packed_relocations() -> bool {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().map(|output| output.stdout);
    let said = String::from_utf8(said.unwrap_or_default()).unwrap_or_default();
    let version = said.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let number = |word: &str| word.parse::<u32>().ok();
    version
        .and_then(|(major, minor)| Some((number(major)?, number(minor)?)))
        .is_some_and(|found| found >= (2, 36))
}
