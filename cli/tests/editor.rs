//! What people see in their editor: yaml-language-server, with the schemas and comments that `init` writes.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// Where `cargo xtask test` installs it: beside the builds.
fn server_script() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    target.join("yaml-language-server/node_modules/yaml-language-server/bin/yaml-language-server")
}

/// A language server as an editor runs it.
struct Editor {
    child: Child,
    says: ChildStdin,
    hears: BufReader<ChildStdout>,
}

impl Editor {
    fn open(script: &Path, project: &Path) -> Self {
        let mut command = Command::new("node");
        command.arg(script).arg("--stdio").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let says = child.stdin.take().unwrap();
        let hears = BufReader::new(child.stdout.take().unwrap());
        let mut editor = Self { child, says, hears };
        let root = format!("file://{}", project.display());
        let capabilities = json!({"workspace": {"configuration": true}});
        let params = json!({"processId": null, "rootUri": root, "capabilities": capabilities});
        editor.say(json!({"id": 1, "method": "initialize", "params": params}));
        editor.hear(|message| message["id"] == 1);
        editor.say(json!({"method": "initialized", "params": {}}));
        editor.hear(|message| message["method"] == "workspace/configuration");
        editor
    }

    fn say(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let body = message.to_string();
        write!(self.says, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.says.flush().unwrap();
    }

    /// Answers what the server asks until it says what is waited for. A server that ends fails the test.
    fn hear(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next();
            if message["method"] == "workspace/configuration" {
                let items = message["params"]["items"].as_array().unwrap();
                let yaml = json!({"validate": true, "schemaStore": {"enable": false}});
                let of = |item: &Value| if item["section"] == "yaml" { yaml.clone() } else { Value::Null };
                let answers: Vec<Value> = items.iter().map(of).collect();
                self.say(json!({"id": message["id"], "result": answers}));
            } else if message.get("method").is_some() && message.get("id").is_some() {
                self.say(json!({"id": message["id"], "result": null}));
            }
            if wanted(&message) {
                return message;
            }
        }
    }

    fn next(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.hears.read_line(&mut line).unwrap() > 0, "the language server ended");
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().unwrap();
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.hears.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// What it says about a file: lines, from 1, and messages.
    fn problems(&mut self, path: &Path) -> Vec<(u64, String)> {
        let uri = format!("file://{}", path.display());
        let text = std::fs::read_to_string(path).unwrap();
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.say(json!({"method": "textDocument/didOpen", "params": {"textDocument": document}}));
        let told = self.hear(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
        });
        let problem = |one: &Value| {
            let line = one["range"]["start"]["line"].as_u64().unwrap() + 1;
            (line, one["message"].as_str().unwrap().to_owned())
        };
        told["params"]["diagnostics"].as_array().unwrap().iter().map(problem).collect()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether it may be skipped is no setting of the product")]
fn an_editor_accepts_good_files_and_marks_bad_ones_at_their_place() {
    let script = server_script();
    if !script.exists() {
        let said = "yaml-language-server is not installed: `cargo xtask test` does that where there is node";
        let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        assert!(!in_ci, "{said}");
        eprintln!("skipped: {said}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let project = std::fs::canonicalize(folder.path()).unwrap();
    let mut init = Command::new(env!("CARGO_BIN_EXE_tidings"));
    let made = init.args(["init", "--yes", "--quiet"]).current_dir(&project).stdout(Stdio::null());
    assert!(made.status().unwrap().success());
    let head = "# yaml-language-server: $schema=../../schemas/campaign.v1.json\ncampaign: a\nversion: 1\n\
                accounts: [x/demo]\nposts:\n";
    let write = |name: &str, text: &str| {
        let path = project.join("campaigns/deep").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut editor = Editor::open(&script, &project);
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../campaigns/examples");
    let mut good = vec![project.join("campaigns/hello.campaign.yaml"), project.join("tidings.yaml")];
    for entry in std::fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().ends_with(".campaign.yaml") {
            let name = path.file_name().unwrap().to_str().unwrap();
            good.push(write(name, &std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(good.len() > 3);
    for path in good {
        assert_eq!(editor.problems(&path), [], "{}", path.display());
    }
    for (name, post, said) in [
        ("key", "{at: now, txet: hi}", "txet"),
        ("type", "{at: now, text: hi, approve: {by: [ana], count: many}}", "integer"),
        ("else", "{at: now, text: hi, needs: {posts: [b], else: maybe}}", "\"skip\", \"hold\", \"post\""),
        ("two", "{at: now, text: hi, thread: [hi]}", "only one"),
    ] {
        let path = write(&format!("{name}.campaign.yaml"), &format!("{head}  a: {post}\n"));
        let problems = editor.problems(&path);
        let found = problems.iter().any(|(line, message)| *line == 6 && message.contains(said));
        assert!(found, "{name}: {problems:?}");
    }
    let workspace = project.join("tidings.yaml");
    let text = std::fs::read_to_string(&workspace).unwrap();
    let other = project.join("campaigns/deep/other.yaml");
    std::fs::write(&other, text.replace("schemas/", "../../schemas/").replace("accounts:", "acounts:"))
        .unwrap();
    assert!(editor.problems(&other).iter().any(|(_, message)| message.contains("acounts")));
}
