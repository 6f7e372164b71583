//! Prints the OpenAPI document (`cargo xtask codegen`).

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() {
    println!("{:#}", server::http::document());
}
