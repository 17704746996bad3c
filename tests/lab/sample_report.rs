//! Writes the report of made-up runs: `cargo run -p extremum-browser --example sample_report -- FOLDER`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder")?;
    extremum_lab::sample().write(folder)?;
    Ok(())
}
