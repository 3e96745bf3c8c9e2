//! What a page embeds and fetches: frames, resources, requests.

use fixtures_server::page::PageUrl;
use serde_json::{Value, json};

use super::error::UnitError;
use super::facts::fetch_facts;
use super::flow::{DOCUMENT, Flow, frame_selector};
use super::seen::Role;
use super::steps::word;
use crate::fact::FactKind;
use crate::observation::without_query;
use crate::scenario::{Fetch, Frame, Load, ResourceKind};

impl Flow<'_> {
    pub(super) async fn frame(&mut self, step: &Frame) -> Result<(), UnitError> {
        let given = json!({
            "as": step.r#as, "url": self.url(&step.url), "sandbox": step.sandbox, "allow": step.allow,
        });
        self.enter(&step.r#in).await?;
        self.absorb();
        self.seen.add(&step.r#as, Role::Frame { parent: step.r#in.clone() });
        self.embed_frame(&step.r#in, &step.url, given).await?;
        let document = self.document_in_frame(&step.r#in, &step.r#as).await?;
        self.seen.window_mut(&step.r#as).loaded = Some(document.is_some());
        if let Some(id) = document {
            let what = format!("frame `{}` to report itself", step.r#as);
            self.until(&what, |flow| flow.seen.window_of(id).map(drop)).await?;
        }
        Ok(())
    }

    /// Puts a frame into a page, and returns once it has come to rest.
    async fn embed_frame(
        &mut self,
        window: &str,
        url: &PageUrl,
        given: Value,
    ) -> Result<(), UnitError> {
        if self.session.browser().fires_load_for_errors() {
            return self.agent(window, "frame(given)", given).await.map(drop);
        }
        let last = self.last_hop(url).unwrap_or(url).without_query();
        self.absorb();
        let requests = self.exchanges.len();
        self.agent(window, "place(given) && null", given.clone()).await?;
        let what = format!("the frame's document {last} to be answered");
        self.until(&what, |flow| {
            let mut new = flow.exchanges.iter().skip(requests);
            new.any(|exchange| without_query(&exchange.page) == last).then_some(())
        })
        .await?;
        self.agent(window, "rest(given)", given).await.map(drop)
    }

    /// The number of the document in a frame of `window`; none where the browser put an error page.
    async fn document_in_frame(
        &mut self,
        window: &str,
        frame: &str,
    ) -> Result<Option<u64>, UnitError> {
        self.enter(window).await?;
        self.leave();
        self.session.enter_frame(&frame_selector(frame)).await?;
        Ok(self.session.execute(DOCUMENT, Vec::new()).await?.as_u64())
    }

    pub(super) async fn fetch(&mut self, step: &Fetch) -> Result<(), UnitError> {
        let headers = step.headers.lines().expect("the scenario's check has seen these lines");
        let given = json!({
            "url": self.url(&step.url),
            "method": step.method.as_deref().unwrap_or("GET"),
            "headers": headers,
            "body": step.body,
            "credentials": word(&step.credentials),
            "mode": word(&step.mode),
        });
        self.act_by(&step.r#as, &step.r#in);
        let answer = self.agent(&step.r#in, "fetch(given)", given).await?;
        fetch_facts(&mut self.facts, &step.r#as, &answer);
        Ok(())
    }

    pub(super) async fn load(&mut self, step: &Load) -> Result<(), UnitError> {
        self.act_by(&step.r#as, &step.r#in);
        if step.kind == ResourceKind::Frame {
            let given = json!({ "as": step.r#as, "url": self.url(&step.url) });
            self.embed_frame(&step.r#in, &step.url, given).await?;
            let document = self.document_in_frame(&step.r#in, &step.r#as).await?;
            let outcome = if document.is_some() { "loaded" } else { "blocked" };
            self.facts.insert(&step.r#as, FactKind::Loading, outcome);
            return Ok(());
        }
        let given = json!({
            "url": self.url(&step.url),
            "kind": word(&step.kind),
            "crossorigin": word(&step.crossorigin),
        });
        let outcome = self.agent(&step.r#in, "load(given)", given).await?;
        self.facts.insert(&step.r#as, FactKind::Loading, outcome.as_str().unwrap_or("blocked"));
        Ok(())
    }
}
