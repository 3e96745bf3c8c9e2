//! `coopwright init`: the first files of a suite in a project.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use coopwright::settings::{self, FILE_NAME};
use indexmap::IndexMap;
use url::Url;

use super::environment::sites;
use super::exit;

/// The templates; each names parts to be filled in, in braces.
const SETTINGS: &str = include_str!("init/coopwright.yaml");
const SCENARIO: &str = include_str!("init/login-popup.yaml");
const GITHUB: &str = include_str!("init/github.yml");
const GITLAB: &str = include_str!("init/gitlab.yml");
/// What leads GitLab to the job.
const GITLAB_INCLUDE: &str = "include:\n  - local: .gitlab/coopwright.yml\n";

/// The folder of scenarios.
const SCENARIOS: &str = "scenarios";
/// The file that GitLab reads.
const GITLAB_CI: &str = ".gitlab-ci.yml";

/// Write the first files of a suite: settings, a scenario that runs as it is, and CI workflows
///
/// Files that exist are kept as they are.
#[derive(clap::Args)]
pub(crate) struct InitArgs {
    /// The folder of the project
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// The name of the environment in the settings file
    #[arg(long = "env", value_name = "NAME", default_value = "staging")]
    environment: String,

    /// The address of a site in that environment; can be given again [default: an example]
    #[arg(long = "site", value_name = "NAME=URL")]
    sites: Vec<String>,

    /// Whose CI to write a workflow for; several with commas [default: those that the project has files of,
    /// or that its remote is at; else github]
    #[arg(long, value_enum, value_name = "NAMES", value_delimiter = ',')]
    ci: Vec<Ci>,
}

impl std::fmt::Debug for InitArgs {
    /// Addresses may hold passwords, although they are refused then.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InitArgs").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Where a workflow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// No workflow
    None,
}

/// What cannot be done as it was asked.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the name of an environment")]
pub(crate) struct EnvironmentName(String);

impl EnvironmentName {
    /// What to do about it.
    pub(crate) fn hint() -> &'static str {
        "letters, digits, dots, hyphens and underscores, a letter or digit first"
    }
}

/// Writes what is missing, tells, and gives the exit code.
pub(crate) fn init(args: &InitArgs) -> anyhow::Result<u8> {
    if !settings::is_environment_name(&args.environment) {
        return Err(EnvironmentName(args.environment.clone()).into());
    }
    let sites = match args.sites.is_empty() {
        true => example(&args.environment)?,
        false => sites(&args.sites)?,
    };
    let mut out = io::stdout().lock();
    let settings = settings_text(&args.environment, &sites);
    let folder = &args.folder;
    let filled = |template: &str| {
        template.replace("{env}", &args.environment).replace("{version}", env!("CARGO_PKG_VERSION"))
    };
    let mut todo = Vec::new();
    if !write(folder, FILE_NAME, &settings, &mut out)?
        && !args.sites.is_empty()
        && !has_environment(&folder.join(FILE_NAME), &args.environment)
    {
        let entry = settings_entry(&settings);
        todo.push(format!("To {FILE_NAME}, below `environments:`, add\n\n{entry}"));
    }
    if has_scenarios(&folder.join(SCENARIOS)) {
        writeln!(out, "kept   {SCENARIOS}/ (it has scenarios)")?;
    } else {
        write(folder, "scenarios/login-popup.yaml", &filled(SCENARIO), &mut out)?;
    }
    let wanted = if args.ci.is_empty() { detected(folder) } else { args.ci.clone() };
    if wanted.contains(&Ci::Github) {
        write(folder, ".github/workflows/coopwright.yml", &filled(GITHUB), &mut out)?;
    }
    if wanted.contains(&Ci::Gitlab) {
        write(folder, ".gitlab/coopwright.yml", &filled(GITLAB), &mut out)?;
        if !write(folder, GITLAB_CI, GITLAB_INCLUDE, &mut out)?
            && !leads_to_the_job(&folder.join(GITLAB_CI))
        {
            todo.push(format!("To {GITLAB_CI} add\n\n{}", indented(GITLAB_INCLUDE)));
        }
    }
    for text in todo {
        writeln!(out, "\n{}", text.trim_end())?;
    }
    let enter = match folder.as_path() == Path::new(".") {
        true => String::new(),
        false => format!(", in {}", folder.display()),
    };
    writeln!(
        out,
        "\nNext{enter}:\n  \
         coopwright doctor --install        finds the browsers, installs what is missing\n  \
         coopwright run --update-snapshots  runs the scenarios; commit the snapshots that it writes"
    )?;
    Ok(exit::PASSED)
}

/// Addresses that show how they are written.
fn example(environment: &str) -> anyhow::Result<IndexMap<String, Url>> {
    // An underscore is no letter of a host name, and browsers may refuse it.
    let label = environment.to_ascii_lowercase().replace('_', "-");
    let label = label.trim_matches(['-', '.']);
    let label = if label.is_empty() { "staging" } else { label };
    Ok(sites(&[
        format!("app=https://app.{label}.example.com"),
        format!("auth=https://login.{label}.example.com"),
    ])?)
}

fn settings_text(environment: &str, sites: &IndexMap<String, Url>) -> String {
    let address = |(name, url): (&String, &Url)| {
        format!("      {name}: {}", url.as_str().trim_end_matches('/'))
    };
    let lines: Vec<String> = sites.iter().map(address).collect();
    let host = sites.values().next_back().and_then(Url::host_str).unwrap_or("app.example.com");
    SETTINGS
        .replace("{env}", environment)
        .replace("{sites}", &lines.join("\n"))
        .replace("{host}", host)
}

/// The environment alone, without comments.
fn settings_entry(settings: &str) -> String {
    let lines = settings.lines().skip_while(|line| *line != "environments:").skip(1);
    let kept = lines.filter(|line| !line.is_empty() && !line.trim_start().starts_with('#'));
    kept.map(|line| format!("{line}\n")).collect()
}

/// Where this project's workflows run, by its files, or else by the address of its remote.
fn detected(folder: &Path) -> Vec<Ci> {
    let has = |name: &str| folder.join(name).exists();
    let files = [(Ci::Github, has(".github")), (Ci::Gitlab, has(GITLAB_CI) || has(".gitlab"))];
    let found: Vec<Ci> = files.into_iter().filter(|(_, has)| *has).map(|(ci, _)| ci).collect();
    if !found.is_empty() {
        return found;
    }
    let config = fs::read_to_string(folder.join(".git/config")).unwrap_or_default();
    let urls = config.lines().filter_map(|line| line.trim().strip_prefix("url"));
    match urls.into_iter().any(|url| url.contains("gitlab")) {
        true => vec![Ci::Gitlab],
        false => vec![Ci::Github],
    }
}

fn has_environment(file: &Path, name: &str) -> bool {
    settings::load(file).is_ok_and(|settings| settings.names().any(|other| other == name))
}

fn leads_to_the_job(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.contains(".gitlab/coopwright.yml"))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// Writes a file that does not exist, and tells. Says whether it was written.
fn write(folder: &Path, name: &str, text: &str, out: &mut dyn Write) -> anyhow::Result<bool> {
    let path = folder.join(name);
    let cannot = || format!("cannot write `{}`", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(cannot)?;
    }
    let mut file = match File::create_new(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            writeln!(out, "kept   {name}")?;
            return Ok(false);
        }
        Err(error) => return Err(error).with_context(cannot),
    };
    if let Err(error) = file.write_all(text.as_bytes()) {
        // Half a file would be kept the next time.
        let _ = fs::remove_file(&path);
        return Err(error).with_context(cannot);
    }
    writeln!(out, "wrote  {name}")?;
    Ok(true)
}

/// Whether there is a scenario in this folder or below.
fn has_scenarios(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => has_scenarios(&path),
            _ => is_yaml,
        }
    })
}
