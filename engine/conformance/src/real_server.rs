//! Builds the real Temporal server from its Go module, once, and starts it on loopback.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

/// What the server's program is made of; its cache is named by their digest.
const SOURCES: [(&str, &[u8]); 4] = [
    ("go.mod", include_bytes!("../temporal-server/go.mod")),
    ("go.sum", include_bytes!("../temporal-server/go.sum")),
    ("main.go", include_bytes!("../temporal-server/main.go")),
    ("file.go", include_bytes!("../temporal-server/file.go")),
];

/// A running server. It ends with this process, or when this is dropped.
#[derive(Debug)]
pub struct RealServer {
    /// `host:port` on loopback.
    pub address: String,
    pub namespace: String,
    child: Child,
    /// The server ends when this is closed.
    _stdin: Option<ChildStdin>,
}

impl RealServer {
    /// The server that all tests of this process share; the reason why there is none.
    ///
    /// The first call on a machine builds it: 5 to 10 minutes on two cores.
    pub async fn shared() -> Result<&'static Self, &'static str> {
        static SHARED: OnceCell<Result<RealServer, String>> = OnceCell::const_new();
        let shared = SHARED.get_or_init(|| async {
            match tokio::task::spawn_blocking(Self::start).await {
                Ok(Ok(server)) => Ok(server),
                Ok(Err(error)) => Err(format!("{error:#}")),
                Err(error) => Err(error.to_string()),
            }
        });
        shared.await.as_ref().map_err(String::as_str)
    }

    /// Starts a server of its own, in memory.
    ///
    /// # Errors
    /// Go is missing, or the program does not build or start.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts a server of its own on a new database file.
    ///
    /// # Errors
    /// As [`RealServer::start`]; or the file can't be made.
    pub fn start_on_file(path: &Path) -> Result<Self> {
        Self::start_with(&[path.as_os_str()])
    }

    fn start_with(arguments: &[&OsStr]) -> Result<Self> {
        let program = program()?;
        let mut child = Command::new(&program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("`{}` does not start", program.display()))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("the server has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).context("the server says nothing")?;
        let Some((address, namespace)) = line.trim().split_once(' ') else {
            bail!("the server said `{}`", line.trim());
        };
        Ok(Self { address: address.to_owned(), namespace: namespace.to_owned(), child, _stdin: stdin })
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        // It has nothing to keep, and may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether nothing may be skipped.
#[must_use]
pub fn in_ci() -> bool {
    #[expect(clippy::disallowed_methods, reason = "where tests run, not a setting of the product")]
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// The server's program, built if this version of it is not in the cache.
fn program() -> Result<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("temporal-server");
    let mut digest = Sha256::new();
    for (name, content) in SOURCES {
        digest.update(name);
        digest.update(content);
    }
    let version = hex::encode(digest.finalize());
    let folder = cache()?;
    let program = folder.join(format!("temporal-server-{}", &version[..16]));
    if program.exists() {
        return Ok(program);
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("`{}`", folder.display()))?;
    // Under a name of its own, then renamed: nobody starts half a program.
    let unfinished = folder.join(format!("temporal-server-{}", std::process::id()));
    let output = Command::new("go")
        .args(["build", "-buildvcs=false", "-ldflags=-s -w", "-o"])
        .arg(&unfinished)
        .arg(".")
        .current_dir(sources)
        .output()
        .context("`go` is missing (install Go 1.26 or newer)")?;
    if !output.status.success() {
        bail!("the Temporal server does not build: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    std::fs::rename(&unfinished, &program).with_context(|| format!("`{}`", program.display()))?;
    Ok(program)
}

/// `$TIDINGS_CACHE`, else the folder that cargo builds into.
pub(crate) fn cache() -> Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where tests keep what is slow to build")]
    if let Some(folder) = std::env::var_os("TIDINGS_CACHE").filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder));
    }
    // <target>/<profile>/deps/<this test>
    let test = std::env::current_exe().context("the test's own path")?;
    let target = test.ancestors().nth(3).context("the test runs outside of a target folder")?;
    Ok(target.join("temporal-server"))
}
