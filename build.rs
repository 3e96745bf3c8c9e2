//! Builds again when a built-in scenario changes: they are embedded in the program.

fn main() {
    println!("cargo:rerun-if-changed=scenarios");
}
