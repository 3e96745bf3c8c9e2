//! Sites that give no answer: what the browser shows, what is recorded, and in which words.

use super::support::*;
use coopwright::proxy::LanePlan;
use coopwright::rollout::Kind;
use coopwright::upstream::{Ca, FaultKind, Settings};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Asks for a page of a host with this certificate, and gives the page with what was recorded.
async fn asked(
    identity: Identity,
    ca: &[Ca],
    insecure: &[&str],
) -> (u16, String, Option<FaultKind>) {
    let site = Site::http(Some(acceptor(identity, &["h2"])), |_| async {
        http::Response::new(full("welcome"))
    })
    .await;
    let insecure = insecure.iter().map(|&host| host.to_owned()).collect();
    let settings = Settings { insecure, ..at(&[("app.test", &site)], ca) };
    page(&settings, "app.test").await
}

async fn page(settings: &Settings, host: &str) -> (u16, String, Option<FaultKind>) {
    let lane = lane(settings, LanePlan::default()).await;
    let mut browser = second(&lane, host).await;
    let request = Request::get(format!("https://{host}/")).header("sec-fetch-mode", "navigate");
    let request = request.header("sec-fetch-dest", "document").body(full("")).unwrap();
    let answer = within(browser.send_request(request)).await.unwrap();
    let status = answer.status().as_u16();
    let (text, _) = whole(answer).await;
    let exchange = exchanges(&lane, 1).await.remove(0);
    assert_eq!(exchange.kind, Kind::Document);
    assert_eq!(exchange.status, if exchange.fault.is_some() { 0 } else { 200 });
    assert_eq!(lane.busy(), 0);
    (status, text, exchange.fault.map(|fault| fault.kind))
}

#[track_caller]
fn assert_fault(told: (u16, String, Option<FaultKind>), kind: FaultKind, words: &str) {
    let (status, text, fault) = told;
    assert_eq!((status, fault), (502, Some(kind)), "{text}");
    assert!(text.contains(words), "{text}");
}

#[tokio::test]
async fn certificates_are_verified_and_faults_are_named() {
    let ca = TestCa::new();
    let good = asked(ca.leaf("app.test"), &[ca.pem()], &[]).await;
    assert_eq!((good.0, good.1.as_str(), good.2), (200, "welcome", None));

    let certificate = FaultKind::Certificate;
    let expired = || ca.leaf_until("app.test", 2021);
    let told = asked(expired(), &[ca.pem()], &[]).await;
    assert_fault(told, certificate, "its certificate expired on 2021-01-01");
    let told = asked(ca.leaf("app.test"), &[], &[]).await;
    assert_fault(told, certificate, "an authority that is not known here");
    let told = asked(ca.leaf("other.test"), &[ca.pem()], &[]).await;
    assert_fault(told, certificate, "its certificate is for other.test, not for app.test");
    let (identity, own) = self_signed("app.test");
    let copy = (identity.0.clone(), rcgen::KeyPair::try_from(identity.1.serialize_der()).unwrap());
    assert_fault(asked(identity, &[], &[]).await, certificate, "its certificate is");
    // Given by the user, it is trusted.
    assert_eq!(asked(copy, &[own], &[]).await.0, 200);

    // Named hosts are not verified, all others are.
    assert_eq!(asked(expired(), &[], &["APP.test"]).await.0, 200);
    let told = asked(expired(), &[ca.pem()], &["other.test"]).await;
    assert_fault(told, certificate, "expired");
}

#[tokio::test]
async fn silence_is_told_apart() {
    // As a server of plain HTTP does it that is greeted by TLS.
    let site = Site::each(|mut stream| async move {
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    let told = page(&at(&[("app.test", &site)], &[]), "app.test").await;
    assert_fault(told, FaultKind::Tls, "it does not speak TLS on this port");

    let closes = Site::each(|stream| async { drop(stream) }).await;
    let told = page(&at(&[("app.test", &closes)], &[]), "app.test").await;
    assert_fault(told, FaultKind::Tls, "it closed the connection during the TLS handshake");

    // Bound, but nobody listens any more.
    let gone = at(&[("app.test", &Site::raw(|_| Vec::new()).await)], &[]);
    tokio::task::yield_now().await;
    let told = page(&gone, "app.test").await;
    assert_fault(told, FaultKind::Refused, "the connection was refused (127.0.0.1:");

    let told = page(&Settings::default(), "no-such-host.invalid").await;
    assert_fault(told, FaultKind::Name, "the name `no-such-host.invalid` is not found");
}

#[tokio::test]
async fn what_is_no_http_is_told() {
    for (answer, words) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "its answer is no HTTP"),
        (b"", "it closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nX-A", "it closed the connection without an answer"),
    ] {
        let site = Site::raw(move |_| answer.to_vec()).await;
        let lane = lane_to(&site, &[]).await;
        let get = "GET http://app.test/ HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
        let got = raw(&lane, get.as_bytes()).await;
        assert!(got.starts_with("HTTP/1.1 502"), "{got}");
        assert!(got.contains(words), "{got}");
        let fault = exchanges(&lane, 1).await.remove(0).fault.unwrap();
        assert_eq!((fault.host.as_str(), fault.kind), ("app.test", FaultKind::Protocol));
        assert!(!fault.hint().is_empty());
    }
}

/// A certificate for TLS 1.2 alone is enough, as old gateways have it; a client certificate is not given.
#[tokio::test]
async fn a_site_that_asks_who_we_are_is_named() {
    use std::sync::Arc;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio_rustls::rustls::server::WebPkiClientVerifier;
    use tokio_rustls::rustls::{RootCertStore, ServerConfig};
    let ca = TestCa::new();
    let Ca::Pem(pem) = ca.pem() else { unreachable!() };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
        .build()
        .unwrap();
    let (certificate, key) = ca.leaf("app.test");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let tls = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let site = Site::http(Some(tls), |_| async { http::Response::new(full("")) }).await;
    let told = page(&at(&[("app.test", &site)], &[ca.pem()]), "app.test").await;
    assert_fault(told, FaultKind::Tls, "it asks for a client certificate");
}

#[tokio::test]
async fn silence_has_a_deadline() {
    use coopwright::upstream::{Body, Upstream};
    let silent = Site::each(|mut stream| async move {
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    let upstream = Upstream::new(&at(&[("app.test", &silent)], &[])).unwrap();
    let request = Request::get("https://app.test/").body(Body::Empty).unwrap();
    let fault = within(upstream.send(request)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TimedOut);
    assert_eq!(fault.to_string(), "app.test: no connection within 10 s");
}
