//! What shells complete commands with, and the manual: read by those that they are for.

use std::process::Command;

use super::support::Project;

/// All commands, as the help lists them.
fn commands(project: &Project) -> Vec<String> {
    let help = project.run(&["--help"]).out;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    names.filter(|name| name != "help").collect()
}

fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs a shell on a text, and gives what it prints.
fn shell(program: &str, arguments: &[&str], text: &str) -> String {
    let output = Command::new(program).args(arguments).arg(text).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && err.is_empty(), "{program}: {err}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let project = Project::new();
    project.write("completions", &project.run(&["completions", "bash"]).out);
    let completed = |words: &[&str]| {
        let text = format!(
            "set -u; source '{}'; complete -p coopwright; COMP_WORDS=({}); COMP_CWORD={}; \
             _coopwright coopwright '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            project.path("completions").display(),
            words.join(" "),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let out = shell("bash", &["--norc", "-c"], &text);
        let mut lines = out.lines().map(str::to_owned);
        assert!(lines.next().unwrap().contains("-F _coopwright"), "{out}");
        lines.collect::<Vec<_>>()
    };
    assert_eq!(completed(&["coopwright", "run", "--ignore-sn"]), ["--ignore-snapshots"]);
    assert_eq!(completed(&["coopwright", "sch"]), ["schema"]);
    assert_eq!(completed(&["coopwright", "init", "--ci", "git"]), ["github", "gitlab"]);
    assert_eq!(completed(&["coopwright", "schema", "rep"]), ["report"]);
}

/// Shells that are not here cannot be asked; what they would read is looked through for every command.
#[test]
fn other_shells_take_what_they_are_given() {
    let project = Project::new();
    let commands = commands(&project);
    assert!(commands.len() > 9, "{commands:?}");
    for (name, check) in [
        ("zsh", &["-f", "-n"][..]),
        ("fish", &["--no-config", "--no-execute"]),
        // What these read is known only where they can be used.
        ("elvish", &[]),
        ("powershell", &[]),
    ] {
        let ran = project.run(&["completions", name]);
        assert_eq!(ran.code, 0, "{ran}");
        for command in &commands {
            assert!(ran.out.contains(command), "{name}: {command}");
        }
        if !check.is_empty() && exists(name) {
            project.write("completions", &ran.out);
            shell(name, check, project.path("completions").to_str().unwrap());
        }
    }
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let project = Project::new();
    let commands = commands(&project);
    let ran = project.run(&["man", "--output", "share/man1"]);
    assert_eq!(ran.code, 0, "{ran}");
    let whole = project.read("share/man1/coopwright.1");
    assert_eq!(project.run(&["man"]).out, whole);
    for command in &commands {
        let escaped = command.replace('-', "\\-");
        assert!(whole.contains(&format!("coopwright\\-{escaped}(1)")), "{command}");
        let page = project.read(&format!("share/man1/coopwright-{command}.1"));
        assert_eq!(project.run(&["man", command]).out, page);
        let title = format!(
            ".TH coopwright-{command} 1 \" \" \"coopwright {}\"",
            env!("CARGO_PKG_VERSION")
        );
        assert!(page.contains(&title), "{page}");
    }
    let pages = std::fs::read_dir(project.path("share/man1")).unwrap().count();
    assert_eq!(pages, commands.len() + 1, "no page that nothing leads to");
    let ran = project.run(&["man", "walk"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran}");
}

/// Debian has it wherever it has a manual.
#[test]
fn groff_has_nothing_to_say_against_the_manual() {
    let project = Project::new();
    project.run(&["man", "--output", "pages"]);
    let path = std::env::var_os("PATH").unwrap();
    if !exists("groff") {
        coopwright::browser::install::install(&["groff-base"], &[], &path).unwrap();
    }
    for page in std::fs::read_dir(project.path("pages")).unwrap() {
        let page = page.unwrap().path();
        let mut groff = Command::new("groff");
        let output =
            groff.args(["-man", "-ww", "-z", "-Tutf8", "-Kutf8"]).arg(&page).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{}: {said}", page.display());
    }
}
