//! Which hosts are served, and to whom they belong.

use fixtures_server::{Server, StartError};
use tokio::net::TcpListener;

use crate::support::{Play, exchange, plan};

const PLAN: &str = "
sites: {app: {}, panel: {subdomain-of: app}}
pages: {'app:/': {}, 'panel:/': {}}
";

async fn status_for(port: u16, host_line: &str) -> u16 {
    exchange(port, &format!("GET / HTTP/1.1\r\n{host_line}Connection: close\r\n\r\n")).await.status
}

#[tokio::test]
async fn foreign_hosts_are_misdirected() {
    let play = Play::of(PLAN).await;
    let port = play.server.port();
    let app = play.host("app");
    assert_eq!(status_for(port, &format!("Host: {app}\r\n")).await, 200);
    for host in [
        String::new(),
        format!("Host: localhost:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}\r\n"),
        format!("Host: evil.example:{port}\r\n"),
        format!("Host: other.{app}\r\n"),
        format!("Host: {app}\r\nHost: {app}\r\n"),
    ] {
        assert_eq!(status_for(port, &host).await, 421, "{host:?}");
    }
    let push = format!(
        "POST /__coopwright/push HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    );
    assert_eq!(exchange(port, &push).await.status, 421);
    assert_eq!(play.stage.entries(0).len(), 1, "only the first request is of the stage");
}

#[tokio::test]
async fn a_subdomain_is_below_its_parent() {
    let play = Play::of(PLAN).await;
    let (app, panel) = (play.host("app"), play.host("panel"));
    assert_eq!(panel, format!("panel.{app}"));
    assert!(app.starts_with("app-"), "{app}");
    let label = app.split('.').next().unwrap();
    assert!(label.len() <= 63);
    assert_eq!(app, format!("{label}.localhost:{}", play.server.port()));
    assert!(play.get("panel:/").await.body.contains("panel:/"));
}

#[tokio::test]
async fn stages_share_no_host_and_end_when_dropped() {
    let Play { server, stage: first } = Play::of(PLAN).await;
    let second = server.stage(plan(PLAN)).unwrap();
    let hosts: Vec<_> = first.origins().chain(second.origins()).collect();
    assert_eq!(hosts.len(), 4);
    assert_ne!(first.origin("app"), second.origin("app"));
    let line = |origin: Option<&str>| format!("Host: {}\r\n", &origin.unwrap()["http://".len()..]);
    let (gone, stays) = (line(first.origin("app")), line(second.origin("app")));
    drop(first);
    assert_eq!(status_for(server.port(), &gone).await, 421);
    assert_eq!(status_for(server.port(), &stays).await, 200);
}

#[tokio::test]
async fn only_loopback_is_served() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    assert!(matches!(Server::start(listener), Err(StartError::NotLoopback { .. })));
}

#[tokio::test]
async fn whole_addresses_are_answered_for_own_names_only() {
    let play = Play::of(PLAN).await;
    let (port, app) = (play.server.port(), play.host("app"));
    let name = app.split(':').next().unwrap();
    let ask = async |line: String| {
        let request = format!("{line} HTTP/1.1\r\nHost: {app}\r\nConnection: close\r\n\r\n");
        exchange(port, &request).await
    };
    let answer = ask(format!("GET http://{app}/")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("app:/"));
    for other in [
        "GET http://example.com/".to_owned(),
        format!("GET http://example.com:{port}/"),
        format!("GET http://127.0.0.1:{port}/"),
        format!("GET http://{name}/"),
        format!("GET http://{name}:1/"),
        format!("GET https://{app}/"),
        format!("CONNECT {app}"),
        "CONNECT example.com:443".to_owned(),
    ] {
        assert_eq!(ask(other.clone()).await.status, 421, "{other}");
    }
    assert_eq!(play.stage.entries(0).len(), 1, "only the first request is of the stage");
}

#[tokio::test]
async fn other_machines_are_served_where_it_is_asked_for() {
    let server = Server::bind_public([0, 0, 0, 0].into(), 0).await.unwrap();
    let stage = server.stage(plan(PLAN)).unwrap();
    let host = &stage.origin("app").unwrap()["http://".len()..];
    assert_eq!(status_for(server.port(), &format!("Host: {host}\r\n")).await, 200);
    assert_eq!(status_for(server.port(), "Host: evil.example\r\n").await, 421);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let server = Server::bind_loopback(0).await.unwrap();
    let error = Server::bind_loopback(server.port()).await.unwrap_err();
    assert!(matches!(error, StartError::PortInUse { port } if port == server.port()));
}
