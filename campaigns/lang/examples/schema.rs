//! Writes `schemas/*.json` from the tables that the decoder reads by.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    std::fs::create_dir_all(&folder)?;
    for (name, schema) in [
        ("campaign.v1.json", campaigns_lang::json_schema()),
        ("workspace.v1.json", campaigns_lang::workspace_json_schema()),
    ] {
        std::fs::write(folder.join(name), format!("{schema:#}\n"))?;
    }
    Ok(())
}
