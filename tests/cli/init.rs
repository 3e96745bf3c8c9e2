//! The first files of a suite: they do what they say, and nothing that exists is touched.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;

use insta::assert_snapshot;
use serde_json::Value;

use super::support::{Project, Ran, script};

/// A file as others read it.
fn yaml(project: &Project, file: &str) -> Value {
    serde_saphyr::from_str(&project.read(file)).unwrap()
}

/// A machine of a CI with a project, as its workflow finds it: this program is not there yet.
struct Machine {
    project: Project,
    variables: Vec<(String, String)>,
}

impl Machine {
    /// In place of `cargo` stands what takes no other line than the one that installs this program, and installs
    /// this build of it: from the registry it would be another one.
    fn new(project: Project, variables: &[(&str, String)]) -> Self {
        let program = env!("CARGO_BIN_EXE_coopwright");
        let version = env!("CARGO_PKG_VERSION");
        let cargo = format!(
            "[ \"$*\" = 'install coopwright --version {version} --locked' ] || exit 9\n\
             bin=${{CARGO_INSTALL_ROOT:-$CARGO_HOME}}/bin\n\
             mkdir -p \"$bin\" && ln -s '{program}' \"$bin/coopwright\""
        );
        script(&project.path("shims"), "cargo", &cargo);
        let (shims, home) = (project.path("shims"), project.path("cargo"));
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{}/bin:{path}", shims.display(), home.display());
        let mut all = vec![
            ("PATH".to_owned(), path),
            ("CARGO_HOME".to_owned(), home.display().to_string()),
            ("TMPDIR".to_owned(), project.path("tmp").display().to_string()),
            ("CI".to_owned(), "true".to_owned()),
        ];
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Self { project, variables: all }
    }

    /// Runs lines in one shell, as both CIs start it.
    fn run(&self, lines: &str) -> Ran {
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", lines]);
        command.current_dir(self.project.path("")).envs(self.variables.iter().cloned());
        Ran::from_command(&mut command)
    }
}

/// The part of a template that stands in comments after this line, without their `# `.
fn uncommented(text: &str, from: &str) -> String {
    let lines =
        text.lines().skip_while(|line| !line.contains(from)).skip_while(|line| *line != "#");
    lines.map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or_default())).collect()
}

/// A page on a port of its own, as long as the test runs.
fn page(body: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = BufReader::new(&stream).lines().map_while(Result::ok);
            head.take_while(|line| !line.is_empty()).for_each(drop);
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\n";
            let length = body.len();
            let _ = write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}");
        }
    });
    port
}

#[test]
fn an_empty_folder_becomes_a_project() {
    let project = Project::new();
    let ran = project.run(&["init"]);
    assert_snapshot!(ran, @"
    exit 0
    -- stdout
    wrote  coopwright.yaml
    wrote  scenarios/login-popup.yaml
    wrote  .github/workflows/coopwright.yml

    Next:
      coopwright doctor --install        finds the browsers, installs what is missing
      coopwright run --update-snapshots  runs the scenarios; commit the snapshots that it writes
    -- stderr
    ");
    assert_snapshot!(project.run(&["run", "--list"]), @"
    exit 0
    -- stdout
    scenarios/login-popup.yaml  The login popup works under our opener policy
      scenarios/login-popup.yaml:45  broken (broken): same-origin on the page that opens the popup
      scenarios/login-popup.yaml:52  fixed (fixed): same-origin-allow-popups there
    2 variants in 1 scenario
    -- stderr
    ");
    let again = project.run(&["init"]);
    assert_eq!(again.code, 0, "{again}");
    assert!(!again.out.contains("wrote"), "{again}");
}

#[test]
fn what_exists_is_kept() {
    let project = Project::new();
    let files = ["coopwright.yaml", "scenarios/own/flow.yml", ".github/workflows/coopwright.yml"];
    for file in files {
        project.write(file, "mine");
    }
    let ran = project.run(&["init", "--env", "test", "--site", "shop=https://shop.example"]);
    assert_snapshot!(ran, @"
    exit 0
    -- stdout
    kept   coopwright.yaml
    kept   scenarios/ (it has scenarios)
    kept   .github/workflows/coopwright.yml

    To coopwright.yaml, below `environments:`, add

      test:
        sites:
          shop: https://shop.example

    Next:
      coopwright doctor --install        finds the browsers, installs what is missing
      coopwright run --update-snapshots  runs the scenarios; commit the snapshots that it writes
    -- stderr
    ");
    for file in files {
        assert_eq!(project.read(file), "mine");
    }
    assert!(!project.path("scenarios/login-popup.yaml").exists());
}

#[test]
fn the_environment_is_filled_in() {
    let project = Project::new();
    let sites = ["--site", "app=https://App.example/base/", "--site", "id=http://localhost:8080"];
    let ran = project.run(&[&["init", "web", "--env", "pre_prod"], &sites[..]].concat());
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("Next, in web:"), "{ran}");
    let settings = coopwright::settings::load(&project.path("web/coopwright.yaml")).unwrap();
    let environment = settings.environment("pre_prod", &|_| None).unwrap();
    let sites: Vec<_> =
        environment.sites.iter().map(|(name, url)| format!("{name} {url}")).collect();
    assert_eq!(sites, ["app https://app.example/base", "id http://localhost:8080/"]);
    assert!(project.read("web/scenarios/login-popup.yaml").contains("--env pre_prod"));
}

#[test]
fn whatever_the_environment_is_called_its_settings_can_be_read() {
    for name in ["1.0", "0x1f", "yes", "true", "a...", "x_", "Staging-2"] {
        let project = Project::new();
        let ran = project.run(&["init", &format!("--env={name}")]);
        assert_eq!(ran.code, 0, "{ran}");
        let settings = coopwright::settings::load(&project.path("coopwright.yaml")).unwrap();
        assert!(settings.environment(name, &|_| None).is_ok());
    }
    let project = Project::new();
    for name in ["a: b", "null", "-", "..."] {
        let ran = project.run(&["init", &format!("--env={name}")]);
        assert_eq!(ran.code, 2, "{ran}");
    }
    let ran = project.run(&["init", "--site", "app=ftp://ann:hunter2@app.example"]);
    assert_eq!(ran.code, 2, "{ran}");
    assert!(!ran.err.contains("hunter2"), "{ran}");
    assert!(!project.path("coopwright.yaml").exists(), "nothing is written then");
}

#[test]
fn what_stands_in_comments_can_be_used() {
    let project = Project::new();
    project.run(&["init"]);
    let settings = project.read("coopwright.yaml");
    let lines = settings.lines().map(|line| match line.strip_prefix("    # ") {
        Some(key) if key.split(' ').next().unwrap().ends_with(':') => format!("    {key}\n"),
        _ => format!("{line}\n"),
    });
    project.write("coopwright.yaml", &lines.collect::<String>());
    let settings = coopwright::settings::load(&project.path("coopwright.yaml")).unwrap();
    let reach = settings.environment("staging", &|_| None).unwrap().reach;
    assert!(reach.proxy.is_some() && reach.insecure.len() == 1 && reach.connect_to.len() == 1);

    let scenario = project.read("scenarios/login-popup.yaml");
    project.write("staging.yaml", &uncommented(&scenario, "On your own sites"));
    assert_snapshot!(project.run(&["run", "staging.yaml", "--list"]), @"
    exit 0
    -- stdout
    staging.yaml  The login popup works on staging
      staging.yaml:19  as-it-is (case): the headers that are deployed
    1 variant in 1 scenario
    -- stderr
    ");
}

#[test]
fn the_scenario_for_ones_own_sites_logs_in_there() {
    let project = Project::new();
    project.run(&["init"]);
    let scenario = project.read("scenarios/login-popup.yaml");
    project.write("staging.yaml", &uncommented(&scenario, "On your own sites"));
    let auth = page(
        "<!doctype html><title>Log in</title><form><input name=email>
        <input name=password type=password><button type=submit>Log in</button></form><script>
        document.forms[0].onsubmit = event => {
            event.preventDefault();
            opener.postMessage(event.target.password.value === 'hunter2', '*');
            close();
        };</script>"
            .to_owned(),
    );
    let app = page(format!(
            "<!doctype html><title>App</title>
            <button onclick=\"open('http://localhost:{auth}/', 'login', 'width=400')\">Sign in</button>
            <p></p><script>onmessage = event => {{
                document.querySelector('p').textContent = event.data ? 'Sign out' : 'Login failed';
            }};</script>"
    ));
    let sites = [format!("app=http://127.0.0.1:{app}"), format!("auth=http://localhost:{auth}")];
    let run = |password: &str| {
        let arguments = ["run", "staging.yaml", "--ignore-snapshots"];
        let mut command = project.command(&arguments);
        command.args(["--site", &sites[0], "--site", &sites[1]]);
        Ran::from_command(command.env("LOGIN_USER", "ann").env("LOGIN_PASSWORD", password))
    };
    let right = run("hunter2");
    assert_eq!(right.code, 0, "{right}");
    let wrong = run("hunter3");
    assert_eq!(wrong.code, 1, "{wrong}");
    assert!(wrong.out.contains("observed  failed"), "{wrong}");
    assert!(!format!("{right}{wrong}").contains("hunter"));
    project.assert_nothing_left();
}

/// A project with a scenario whose snapshots are accepted, and workflows.
fn with_workflows() -> Project {
    let project = Project::new();
    project.run(&["init", "--ci", "github,gitlab"]);
    let first = project.run(&["run", "--update-snapshots"]);
    assert_eq!(first.code, 0, "{first}");
    assert!(first.out.contains("2 passed"), "{first}");
    project
}

#[test]
fn the_workflow_does_what_its_lines_say() {
    let project = with_workflows();
    let workflow = yaml(&project, ".github/workflows/coopwright.yml");
    assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }));
    assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
    let job = &workflow["jobs"]["scenarios"];
    assert!(job["timeout-minutes"].is_u64());
    let steps = job["steps"].as_array().unwrap();
    for step in steps {
        let action = step["uses"].as_str().map(|action| action.split_once('@').unwrap());
        assert!(step["run"].is_string() != action.is_some(), "{step}");
        if let Some((name, version)) = action {
            assert!(name.starts_with("actions/"), "{name}");
            let number = version.strip_prefix('v').unwrap();
            assert!(number.parse::<u32>().is_ok(), "{name} is of a major version, not {version}");
        }
    }

    let summary = project.path("summary.md");
    let variables = [("GITHUB_STEP_SUMMARY", summary.display().to_string())];
    let machine = Machine::new(project, &variables);
    let lines: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert_eq!(lines.len(), 3);
    let mut ran = None;
    for line in &lines {
        let done = machine.run(line);
        assert_eq!(done.code, 0, "{line}\n{done}");
        ran = Some(done);
    }
    let project = &machine.project;
    assert!(project.path("cargo/bin/coopwright").exists(), "the one that was run");
    assert!(ran.unwrap().out.contains("\n::notice title=coopwright::6 passed\n"));
    assert!(project.read("summary.md").starts_with("### coopwright: ✓ passed\n"));
    assert!(project.read("coopwright-report.xml").contains("tests=\"6\" failures=\"0\""));
    let upload = steps.last().unwrap();
    assert_eq!(upload["if"], "${{ !cancelled() }}", "above all if something failed");
    let upload = upload["with"]["path"].as_str().unwrap();
    let files: Vec<&str> = upload.lines().collect();
    assert_eq!(files, ["coopwright-report.html", "coopwright-report.xml", "coopwright-results"]);
    assert!(files.iter().all(|file| project.path(file).exists()), "{upload}");
    project.assert_nothing_left();
}

/// The lines of both are the same but for where reports go, so one browser is enough here.
#[test]
fn the_job_of_gitlab_does_what_its_lines_say() {
    let project = with_workflows();
    let included = yaml(&project, ".gitlab-ci.yml")["include"][0]["local"].clone();
    let job = yaml(&project, included.as_str().unwrap())["coopwright"].clone();
    let workflow = yaml(&project, ".github/workflows/coopwright.yml");
    let steps = workflow["jobs"]["scenarios"]["steps"].as_array().unwrap();
    let other: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let lines = |key: &str| -> Vec<String> {
        let lines = job[key].as_array().unwrap().iter();
        lines.map(|line| line.as_str().unwrap().to_owned()).collect()
    };
    let (before, script) = (lines("before_script"), lines("script"));
    assert_eq!(before[1..], other[..2]);
    let (run, _) = script[0].split_once(" --reporter ").unwrap();
    assert!(other[2].starts_with(run), "{run}");

    let root = job["variables"]["CARGO_INSTALL_ROOT"].as_str().unwrap();
    let root = root.replace("$CI_PROJECT_DIR", &project.path("").display().to_string());
    let machine = Machine::new(project, &[("CARGO_INSTALL_ROOT", root)]);
    let lines = [before, script].concat().join("\n");
    let lines = lines.replace("chromium,firefox,webkit", "chromium");
    let lines = lines.replace("--install --yes", "--install --yes --browser chromium");
    let ran = machine.run(&lines);
    assert_eq!(ran.code, 0, "{ran}");
    let project = &machine.project;
    let cached = job["cache"]["paths"][0].as_str().unwrap();
    assert!(project.path(cached).join("coopwright").exists(), "the one that was run");
    let artifacts = &job["artifacts"];
    assert_eq!(artifacts["when"], "always", "above all if something failed");
    let report = artifacts["reports"]["junit"].as_str().unwrap();
    assert!(project.read(report).contains("tests=\"2\" failures=\"0\""));
    for file in artifacts["paths"].as_array().unwrap() {
        assert!(project.path(file.as_str().unwrap()).exists(), "{file}");
    }
    project.assert_nothing_left();
}

#[test]
fn workflows_are_for_the_ci_that_the_project_has() {
    let github = ".github/workflows/coopwright.yml";
    let gitlab = ".gitlab/coopwright.yml";
    for (file, text, expected) in [
        ("README.md", "", &[github][..]),
        (".github/CODEOWNERS", "", &[github]),
        (".gitlab-ci.yml", "stages: [test]\n", &[gitlab]),
        (".git/config", "[remote \"origin\"]\n\turl = git@gitlab.example.com:a/b.git\n", &[gitlab]),
        (".git/config", "[remote \"origin\"]\n\turl = https://github.com/a/b\n", &[github]),
    ] {
        let project = Project::new();
        project.write(file, text);
        let ran = project.run(&["init"]);
        assert_eq!(ran.code, 0, "{ran}");
        let written: Vec<&str> =
            [github, gitlab].into_iter().filter(|file| project.path(file).exists()).collect();
        assert_eq!(written, expected, "{file}");
    }
}

#[test]
fn gitlab_is_told_of_the_job() {
    let project = Project::new();
    project.write(".gitlab-ci.yml", "stages: [test]\n");
    let ran = project.run(&["init", "--ci", "gitlab"]);
    assert!(ran.out.contains("To .gitlab-ci.yml add\n\n  include:\n    - local: .git"), "{ran}");
    assert_eq!(project.read(".gitlab-ci.yml"), "stages: [test]\n");
    project.write(".gitlab-ci.yml", "include: [{ local: .gitlab/coopwright.yml }]\n");
    let ran = project.run(&["init", "--ci", "gitlab"]);
    assert!(!ran.out.contains("add"), "{ran}");
    let none = Project::new();
    none.run(&["init", "--ci", "none"]);
    assert!(!none.path(".github").exists() && !none.path(".gitlab-ci.yml").exists());
}

#[test]
fn each_file_has_a_schema() {
    let project = Project::new();
    for (arguments, title) in [
        (&["schema"][..], "coopwright scenario"),
        (&["schema", "rollout"], "coopwright rollout"),
        (&["schema", "settings"], "coopwright settings"),
        (&["schema", "report"], "coopwright report"),
    ] {
        let ran = project.run(arguments);
        assert_eq!(ran.code, 0, "{ran}");
        let schema: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(schema["title"], title);
    }
}
