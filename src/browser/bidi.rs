//! WebDriver BiDi, the second protocol of Chromium and Firefox: documents tell of themselves as they begin,
//! also those that are gone before the classic protocol could look.
//!
//! Only this file names the WebSocket crate. `WebKitWebDriver` has no BiDi.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::session::WindowId;

/// The channel by which pages' scripts speak to us (WebDriver BiDi, "script.ChannelValue").
const CHANNEL: &str = "coopwright";
/// How long the set-up may take.
const LIMIT: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a document tells.
#[derive(Debug, Clone)]
pub struct Note {
    /// The window that it is in, or whose frame it is in.
    pub window: WindowId,
    /// What it tells.
    pub body: Value,
}

/// Listens to all documents of a session from their beginning.
#[derive(Debug)]
pub(super) struct Watch {
    heard: Arc<Heard>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Heard {
    told: Mutex<Told>,
    count: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Told {
    notes: Vec<Note>,
    console: Vec<String>,
    /// The context above each frame.
    parents: HashMap<String, String>,
}

impl Watch {
    /// Lets every new document run `script`, a function that is given a way to tell us something.
    pub(super) async fn start(address: &str, script: &str) -> Result<Self, String> {
        tokio::time::timeout(LIMIT, Self::set_up(address, script))
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())))
    }

    async fn set_up(address: &str, script: &str) -> Result<Self, String> {
        let connected = tokio_tungstenite::connect_async(address).await;
        let (mut socket, _) = connected.map_err(|error| error.to_string())?;
        let heard = Arc::new(Heard { told: Mutex::default(), count: watch::Sender::new(0) });
        let events = ["script.message", "browsingContext.contextCreated", "log.entryAdded"];
        let channel = json!({ "type": "channel", "value": { "channel": CHANNEL } });
        let commands = [
            ("session.subscribe", json!({ "events": events })),
            (
                "script.addPreloadScript",
                json!({ "functionDeclaration": script, "arguments": [channel] }),
            ),
        ];
        for (id, (method, params)) in commands.into_iter().enumerate() {
            let command = json!({ "id": id, "method": method, "params": params });
            let sent = socket.send(Message::text(command.to_string())).await;
            sent.map_err(|error| error.to_string())?;
            answer(&mut socket, id, &heard).await?;
        }
        let listening = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Some(message) = next(&mut socket).await {
                listening.take(&message);
            }
        });
        Ok(Self { heard, task })
    }

    /// What has been told since the last call.
    pub(super) fn notes(&self) -> Vec<Note> {
        std::mem::take(&mut self.heard.lock().notes)
    }

    /// What has been put on the console since the last call.
    pub(super) fn console(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().console)
    }

    /// Resolves once something is there to be taken.
    pub(super) async fn noted(&self) {
        let mut count = self.heard.count.subscribe();
        while self.heard.lock().notes.is_empty() {
            if count.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Heard {
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, message: &Value) {
        self.lock().take(message);
        self.count.send_modify(|count| *count += 1);
    }
}

impl Told {
    fn take(&mut self, message: &Value) {
        let params = &message["params"];
        match message["method"].as_str() {
            Some("browsingContext.contextCreated") => {
                let text = |key: &str| params[key].as_str().map(ToOwned::to_owned);
                if let (Some(context), Some(parent)) = (text("context"), text("parent")) {
                    self.parents.insert(context, parent);
                }
            }
            Some("script.message") if params["channel"] == CHANNEL => {
                let body = params["data"]["value"]
                    .as_str()
                    .and_then(|text| serde_json::from_str(text).ok());
                let context = params["source"]["context"].as_str();
                if let (Some(body), Some(context)) = (body, context) {
                    self.notes.push(Note { window: WindowId(self.top_of(context)), body });
                }
            }
            Some("log.entryAdded") => {
                let text = |key: &str| params[key].as_str().unwrap_or_default();
                self.console.push(format!("{}: {}", text("level"), text("text")));
            }
            _ => {}
        }
    }

    fn top_of(&self, context: &str) -> String {
        let mut top = context;
        while let Some(parent) = self.parents.get(top) {
            top = parent;
        }
        top.to_owned()
    }
}

/// The next message that is JSON; nothing once the other end is gone.
async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.next().await? {
            Ok(Message::Text(text)) => {
                if let Ok(message) = serde_json::from_str(text.as_str()) {
                    return Some(message);
                }
            }
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Waits for the answer to a command; events that come before it are kept.
async fn answer(socket: &mut Socket, id: usize, heard: &Heard) -> Result<(), String> {
    while let Some(message) = next(socket).await {
        if message["id"] == id {
            return match message["error"].as_str() {
                Some(error) => {
                    Err(format!("{error}: {}", message["message"].as_str().unwrap_or_default()))
                }
                None => Ok(()),
            };
        }
        heard.take(&message);
    }
    Err("the connection was closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_of_a_frame_belongs_to_its_window() {
        let mut told = Told::default();
        let created = |context: &str, parent: &str| {
            json!({ "method": "browsingContext.contextCreated",
                    "params": { "context": context, "parent": parent } })
        };
        told.take(&created("frame", "top"));
        told.take(&created("inner", "frame"));
        told.take(&json!({ "method": "script.message", "params": {
            "channel": CHANNEL, "data": { "type": "string", "value": "{\"type\":\"document\"}" },
            "source": { "context": "inner" } } }));
        assert_eq!(told.notes[0].window, WindowId("top".to_owned()));
        assert_eq!(told.notes[0].body["type"], "document");
    }

    #[test]
    fn what_is_not_for_us_is_left() {
        let mut told = Told::default();
        told.take(&json!({ "method": "script.message", "params": { "channel": "other" } }));
        told.take(&json!({ "id": 1, "result": {} }));
        assert!(told.notes.is_empty());
    }
}
