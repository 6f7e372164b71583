//! Prints the JSON Schema of campaign files, or with `workspace` that of `tidings.yaml`, from the tables that the
//! decoder reads by.

#![expect(clippy::print_stdout, reason = "it prints what it makes")]

fn main() {
    let schema = match std::env::args().nth(1).as_deref() {
        Some("workspace") => campaigns_lang::workspace_json_schema(),
        _ => campaigns_lang::json_schema(),
    };
    println!("{schema:#}");
}
