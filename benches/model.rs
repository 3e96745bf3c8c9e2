//! What the model costs on one core: `cargo bench --bench model`. The goal is 200,000 popups a second on
//! the mix of flows, which is 5 µs for one, from raw header lines and addresses as text.

#![expect(clippy::unwrap_used, reason = "a benchmark ends at the first thing that fails")]

use std::hint::black_box;

use coopwright::question::answer_line;
use coopwright::spec::{
    Document, Engine, Flow, Nested, Profile, Resource, frames, frames_in, popup, popup_in,
    resource, resource_in,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};

/// What sites send beside the headers that decide.
fn page(url: &str, deciding: &[&str]) -> Value {
    let usual = [
        "Date: Mon, 07 Sep 2026 10:00:00 GMT",
        "Content-Type: text/html; charset=utf-8",
        "Cache-Control: no-store",
        "Strict-Transport-Security: max-age=63072000; includeSubDomains",
        "X-Content-Type-Options: nosniff",
        "Content-Security-Policy: default-src 'self'; img-src *; frame-ancestors 'none'",
    ];
    let headers: Vec<&str> = usual.iter().chain(deciding).copied().collect();
    json!({ "url": url, "headers": headers })
}

const APP: &str = "https://app.example/";
const CALLBACK: &str = "https://app.example/callback?code=4f1c&state=9ab2";
const AUTHORIZE: &str = "https://login.idp.test/authorize?client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&state=9ab2";
const SO: &str = "Cross-Origin-Opener-Policy: same-origin";
const SOAP: &str = "Cross-Origin-Opener-Policy: same-origin-allow-popups";
const COEP: &str = "Cross-Origin-Embedder-Policy: require-corp";

/// The flows, each with its name.
fn flows() -> Vec<(&'static str, Value)> {
    let open =
        |opener: &[&str], popup: Value| json!({ "opener": page(APP, opener), "popup": popup });
    let idp = || page(AUTHORIZE, &[]);
    let back = |deciding: &[&str]| page(CALLBACK, deciding);
    let mut sandbox = open(&[SO], json!([[idp()]]));
    let attribute = "allow-scripts allow-popups";
    sandbox["frame"] = page("https://ads.example/", &[]);
    sandbox["frame"]["sandbox"] = json!(attribute);
    let mut frame = open(&[SO], json!([[idp()]]));
    frame["frame"] = page("https://app.example/widget", &[]);
    let hop = page("https://sso.idp.test/start", &[]);
    let report_only = "Cross-Origin-Opener-Policy-Report-Only: same-origin; report-to=\"coop\"";
    let named = "Cross-Origin-Opener-Policy: same-origin-allow-popups; report-to=\"coop\"";
    vec![
        ("direct", open(&[], json!([[idp()]]))),
        ("same-origin", open(&[SO], json!([[idp()]]))),
        ("three-hops", open(&[SOAP], json!([[hop, idp(), back(&[])]]))),
        ("frame", frame),
        ("sandbox", sandbox),
        ("two-navigations", open(&[named], json!([[idp()], [back(&[SOAP])]]))),
        ("embedder-policy", open(&[SO, COEP], json!([[back(&[SO, COEP])]]))),
        ("report-only", open(&[report_only], json!([[idp()]]))),
    ]
}

fn model(criterion: &mut Criterion) {
    let written = flows();
    let parsed: Vec<(&str, Flow)> = written
        .iter()
        .map(|(name, flow)| (*name, serde_json::from_value(flow.clone()).unwrap()))
        .collect();

    let mut group = criterion.benchmark_group("popup");
    group.throughput(Throughput::Elements(parsed.len() as u64));
    group.bench_function("mix", |bencher| {
        bencher.iter(|| {
            for (_, flow) in &parsed {
                black_box(popup(black_box(flow)).unwrap());
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    for (name, flow) in &parsed {
        group.bench_function(*name, |bencher| {
            bencher.iter(|| popup(black_box(flow)).unwrap());
        });
    }
    let (firefox, hops) = (Profile::newest(Engine::Firefox), &parsed[2].1);
    group.bench_function("three-hops-firefox", |bencher| {
        bencher.iter(|| popup_in(black_box(hops), &firefox).unwrap());
    });
    group.finish();

    rest(criterion, &written);
}

fn rest(criterion: &mut Criterion, flows: &[(&str, Value)]) {
    let standard = Profile::default();
    let isolated: Document = serde_json::from_value(page(APP, &[SO, COEP])).unwrap();
    let widget = "https://widget.cdn.example/";
    let corp = "Cross-Origin-Resource-Policy: cross-origin";
    let mut nested = page(widget, &[COEP, corp]);
    nested["allow"] = json!("cross-origin-isolated");
    let nested: Vec<Nested> = serde_json::from_value(json!([nested])).unwrap();
    let image = page("https://img.cdn.example/a.png", &[corp]);
    let image: Resource =
        serde_json::from_value(json!({ "kind": "image", "hops": [image] })).unwrap();
    let mut data = page(
        "https://api.example/user",
        &[
            "Access-Control-Allow-Origin: https://app.example",
            "Access-Control-Allow-Credentials: true",
        ],
    );
    data["preflight"] = json!({ "headers": [
        "Access-Control-Allow-Origin: https://app.example",
        "Access-Control-Allow-Credentials: true",
        "Access-Control-Allow-Methods: PUT",
        "Access-Control-Allow-Headers: content-type",
    ] });
    let data: Resource = serde_json::from_value(json!({
        "kind": "fetch", "method": "PUT", "credentials": "include",
        "request-headers": ["Content-Type: application/json"], "hops": [data],
    }))
    .unwrap();

    let mut group = criterion.benchmark_group("others");
    group.throughput(Throughput::Elements(1));
    assert!(frames(&isolated, &nested, Engine::Standard).unwrap().isolated[1]);
    group.bench_function("frames", |bencher| {
        bencher.iter(|| frames_in(black_box(&isolated), &nested, &standard).unwrap());
    });
    assert!(resource(&isolated, &image, Engine::Standard).unwrap().because.len() == 1);
    group.bench_function("image", |bencher| {
        bencher.iter(|| resource_in(black_box(&isolated), &image, &standard).unwrap());
    });
    group.bench_function("fetch", |bencher| {
        bencher.iter(|| resource_in(black_box(&isolated), &data, &standard).unwrap());
    });
    let lines: Vec<String> = flows.iter().map(|(_, flow)| flow.to_string()).collect();
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("question", |bencher| {
        bencher.iter(|| {
            for line in &lines {
                black_box(answer_line(black_box(line)).to_string());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, model);
criterion_main!(benches);
