//! A login from the authorization request to the token, over HTTP.

use serde_json::json;
use url::Url;

use crate::support::{Play, Reply};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const PLAN: &str = "
sites: {app: {}, auth: {}}
pages:
  app:/: {serve: app}
  app:/callback: {serve: {callback: {returns: backend, closes: true}}}
  app:/login: {serve: login-record}
  auth:/ask:
    serve: {authorize: {}}
    headers: 'Cross-Origin-Opener-Policy: same-origin'
  auth:/given: {serve: {authorize: {consent: given}}}
  auth:/token: {serve: token}
";

impl Play {
    fn callback(&self) -> String {
        format!("{}/callback", self.stage.origin("app").expect("the app"))
    }

    fn authorize(&self, endpoint: &str, redirect_uri: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", "<shop>"),
                ("redirect_uri", redirect_uri),
                ("state", "s1"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ])
            .finish();
        format!("{endpoint}?{query}")
    }

    async fn redeem(&self, code: &str) -> Reply {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.callback()),
            ("client_id", "<shop>"),
            ("code_verifier", VERIFIER),
        ];
        self.post_form("auth:/token", &form).await
    }
}

fn param(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(address).expect("an absolute address");
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn consent_leads_to_a_code_and_the_code_to_a_token() {
    let play = Play::of(PLAN).await;
    let asked = play.authorize("auth:/ask", &play.callback());
    let form = play.get(&asked).await;
    assert_eq!(form.status, 200);
    assert!(form.body.contains("&lt;shop&gt;") && form.body.contains("id=\"allow\""));

    let back = play.post_form(&asked, &[("decision", "allow")]).await;
    assert_eq!(back.status, 303);
    assert_eq!(back.value("cross-origin-opener-policy"), "same-origin");
    let location = back.value("location");
    assert!(location.starts_with(&format!("{}?", play.callback())), "{location}");
    assert_eq!(param(&location, "state").unwrap(), "s1");

    let code = param(&location, "code").unwrap();
    let token = play.redeem(&code).await;
    assert_eq!(token.status, 200);
    assert_eq!(token.value("cache-control"), "no-store");
    assert_eq!(token.json()["token_type"], "Bearer");
    assert!(token.json()["access_token"].as_str().is_some_and(|token| token.len() > 20));

    let again = play.redeem(&code).await;
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")));
    assert_eq!(play.get("auth:/token").await.status, 405);

    let log = serde_json::to_string(&play.stage.entries(0)).unwrap();
    assert!(!log.contains(&code), "codes stay out of the log: {log}");
}

#[tokio::test]
async fn a_visitor_can_say_no() {
    let play = Play::of(PLAN).await;
    let asked = play.authorize("auth:/ask", &play.callback());
    let back = play.post_form(&asked, &[("decision", "deny")]).await;
    let location = back.value("location");
    assert_eq!(back.status, 303);
    assert_eq!(param(&location, "error").unwrap(), "access_denied");
    assert_eq!(param(&location, "code"), None);
}

#[tokio::test]
async fn given_consent_redirects_at_once() {
    let play = Play::of(PLAN).await;
    let with_query = format!("{}?tab=1", play.callback());
    let back = play.get(&play.authorize("auth:/given", &with_query)).await;
    assert_eq!(back.status, 302);
    assert_eq!(param(&back.value("location"), "tab").unwrap(), "1");
}

#[tokio::test]
async fn codes_go_to_callback_pages_only() {
    let play = Play::of(PLAN).await;
    let app = play.stage.origin("app").unwrap();
    for elsewhere in [format!("{app}/"), format!("{app}/login"), "http://evil.test/".to_owned()] {
        let reply = play.get(&play.authorize("auth:/given", &elsewhere)).await;
        assert_eq!(reply.status, 400, "{elsewhere}");
        assert!(reply.values("location").is_empty());
    }
}

#[tokio::test]
async fn the_backend_hands_a_result_to_the_opener_once() {
    let play = Play::of(PLAN).await;
    let result = json!({ "state": "s1", "code": "c1", "error": null });
    let ask = play.get("app:/login?state=s1");
    let text = result.to_string();
    let store = play.send("POST", "app:/login", &[], &text);
    let (asked, stored) = tokio::join!(ask, store);
    assert_eq!(stored.status, 204);
    assert_eq!(asked.json(), result);
    assert_eq!(play.send("POST", "app:/login", &[], "{}").await.status, 400);
}
