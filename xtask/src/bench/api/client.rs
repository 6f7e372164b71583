//! Requests over connections that stay open, one after the other on each.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// The longest that one answer may take: a bulk call writes thousands of posts.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// What a load came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loaded {
    /// Good answers.
    pub(super) per_s: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Answers that were not good.
    pub(super) refused: usize,
}

/// The bytes of a request.
pub(super) fn request(method: &str, path: &str, token: &str, body: Option<&Value>) -> Vec<u8> {
    let body = body.map(Value::to_string).unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A connection that stays open.
pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("`{address}`"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request; the status and the body of its answer.
    pub(super) fn ask(&mut self, request: &[u8]) -> Result<(u16, Vec<u8>)> {
        self.0.get_mut().write_all(request)?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let status = line.split(' ').nth(1).context("no status")?.parse()?;
        let (mut length, mut chunked) = (0, false);
        loop {
            line.clear();
            ensure!(self.0.read_line(&mut line)? > 0, "the answer broke off");
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse()?,
                "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        let body = if chunked { self.chunks()? } else { self.bytes(length)? };
        Ok((status, body))
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line)?;
            let length = usize::from_str_radix(line.trim(), 16).context("no length of a chunk")?;
            body.extend(self.bytes(length)?);
            if self.bytes(2)? != b"\r\n" {
                bail!("a chunk has no end");
            }
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

/// Asks on so many connections at once for so long. `make` gives the request of a connection's number.
pub(super) fn load(
    address: &str,
    connections: usize,
    time: Duration,
    make: &(dyn Fn(usize) -> Vec<u8> + Sync),
) -> Result<Loaded> {
    let began = Instant::now();
    let one = |index: usize| -> Result<(Vec<f64>, usize)> {
        let mut connection = Connection::open(address)?;
        let (mut took, mut refused) = (Vec::new(), 0);
        let request = make(index);
        while began.elapsed() < time {
            let asked = Instant::now();
            let (status, _) = connection.ask(&request)?;
            if (200..300).contains(&status) {
                took.push(asked.elapsed().as_secs_f64() * 1e3);
            } else {
                refused += 1;
            }
        }
        Ok((took, refused))
    };
    let done: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|index| scope.spawn(move || one(index))).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let seconds = began.elapsed().as_secs_f64();
    let (mut took, mut refused) = (Vec::new(), 0);
    for result in done {
        let (times, more) = result.map_err(|_| anyhow::anyhow!("a connection panicked"))??;
        took.extend(times);
        refused += more;
    }
    took.sort_by(f64::total_cmp);
    ensure!(!took.is_empty(), "no request was answered well, {refused} otherwise");
    let at = |part: usize| took[(took.len() - 1) * part / 100];
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let per_s = took.len() as f64 / seconds;
    Ok(Loaded { per_s, p50_ms: at(50), p99_ms: at(99), refused })
}
