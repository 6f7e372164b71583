//! The small page that people see after a platform sent them back.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Everything that the page looks like.
const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{display:grid;place-items:center;min-height:100vh;margin:0;background:Canvas;color:CanvasText}\
main{max-width:32rem;padding:2rem;text-align:center}\
h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:.25rem 0}\
code{font-family:ui-monospace,monospace;opacity:.7}";

/// A page of a title and paragraphs; all of them are escaped.
pub(crate) fn page(status: StatusCode, title: &str, paragraphs: &[&str], code: Option<&str>) -> Response {
    let mut body = String::new();
    for paragraph in paragraphs {
        body.push_str(&format!("<p>{}</p>", escaped(paragraph)));
    }
    if let Some(code) = code {
        body.push_str(&format!("<p><code>{}</code></p>", escaped(code)));
    }
    whole(status, STYLE, title, &format!("<main><h1>{}</h1>{body}</main>", escaped(title)))
}

/// What a longer page looks like.
const DOCUMENT_STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{max-width:60rem;margin:0 auto;padding:2rem;background:Canvas;color:CanvasText}\
section{border-top:1px solid GrayText;padding:.5rem 0}h2{font-size:1rem}\
pre{overflow-x:auto;padding:.75rem;border:1px solid GrayText;border-radius:.5rem}\
table{border-collapse:collapse;max-width:100%}\
th,td{padding:.25rem .75rem;border-bottom:1px solid GrayText;text-align:left;overflow-wrap:anywhere}\
td:last-child,th:last-child{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto}\
code,pre{font-family:ui-monospace,monospace}";

/// A longer page; `inside` is HTML of ours.
pub(crate) fn document(status: StatusCode, title: &str, inside: &str) -> Response {
    whole(status, DOCUMENT_STYLE, title, &format!("<main><h1>{}</h1>{inside}</main>", escaped(title)))
}

fn whole(status: StatusCode, style: &str, title: &str, body: &str) -> Response {
    let title = escaped(title);
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{style}</style></head><body>{body}</body></html>"
    );
    let mut response = (status, Html(text)).into_response();
    let digest = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'");
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_platform_says_is_escaped() {
        assert_eq!(escaped("<script>\"&'"), "&lt;script&gt;&quot;&amp;&#39;");
    }
}
