//! `coopwright completions` and `coopwright man`: what shells and manual readers are given.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Command;

use super::exit;

/// The name of the program.
const NAME: &str = "coopwright";

/// Print what a shell completes commands with
///
/// For bash: `coopwright completions bash > ~/.local/share/bash-completion/completions/coopwright`
///
/// For zsh, in a folder of `$fpath`: `coopwright completions zsh > ~/.zfunc/_coopwright`
///
/// For fish: `coopwright completions fish > ~/.config/fish/completions/coopwright.fish`
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Print the manual page of the program or of a command: `coopwright man run | man -l -`
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The command
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    command: Option<String>,

    /// Write the pages of the program and of all commands into this folder, for a package
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// A command that there is none of.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no command of coopwright")]
pub(crate) struct UnknownCommand(String);

/// Prints what completes `program`.
pub(crate) fn completions(args: &CompletionsArgs, mut program: Command) -> anyhow::Result<u8> {
    // It panics where it cannot write.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut program, NAME, &mut text);
    io::stdout().lock().write_all(&text)?;
    Ok(exit::PASSED)
}

/// Prints or writes manual pages of `program`.
pub(crate) fn man(args: &ManArgs, program: Command) -> anyhow::Result<u8> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    if let Some(folder) = &args.output {
        write(folder, &program)?;
        return Ok(exit::PASSED);
    }
    let shown = match &args.command {
        None => &program,
        Some(name) => program.find_subcommand(name).ok_or_else(|| UnknownCommand(name.clone()))?,
    };
    io::stdout().lock().write_all(&page(shown)?)?;
    Ok(exit::PASSED)
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let version = env!("CARGO_PKG_VERSION");
    let man = clap_mangen::Man::new(command.clone()).source(format!("{NAME} {version}"));
    // No date, as pages are to be the same whenever they are made; an empty one would be lost between the others.
    man.date(" ").manual("coopwright manual").render(&mut text)?;
    Ok(text)
}

fn write(folder: &Path, program: &Command) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    for command in std::iter::once(program).chain(program.get_subcommands()) {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        let file = folder.join(format!("{name}.1"));
        fs::write(&file, page(command)?)
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    Ok(())
}
