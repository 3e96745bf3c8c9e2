//! The app's own backend record of logins: the callback page stores a result, the opener asks.
//!
//! This way back needs no window relation at all. Asking waits (a long poll), as polling pages do
//! not know when the visitor is done.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

/// How long a question may wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// Page (`site:/path`) and `state` of a login.
pub(crate) type Key = (String, String);

/// The results that wait to be asked for.
#[derive(Debug, Default)]
pub(crate) struct Records(watch::Sender<HashMap<Key, Value>>);

impl Records {
    /// Stores a result, over an earlier one if there is any.
    pub(crate) fn store(&self, key: Key, result: Value) {
        self.0.send_modify(|results| {
            results.insert(key, result);
        });
    }

    /// Takes a result out, waiting until it is there; `None` when patience ends.
    pub(crate) async fn take(&self, key: &Key) -> Option<Value> {
        tokio::time::timeout(PATIENCE, self.take_when_stored(key)).await.ok()
    }

    async fn take_when_stored(&self, key: &Key) -> Value {
        let mut results = self.0.subscribe();
        loop {
            results
                .wait_for(|results| results.contains_key(key))
                .await
                .expect("the sender lives as long as `self`");
            let mut taken = None;
            self.0.send_if_modified(|results| {
                taken = results.remove(key);
                taken.is_some()
            });
            // Another question for the same login may have been quicker.
            if let Some(result) = taken {
                return result;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(state: &str) -> Key {
        ("app:/login".to_owned(), state.to_owned())
    }

    #[tokio::test]
    async fn a_question_waits_for_its_answer() {
        let records = Records::default();
        let store = async {
            records.store(key("other"), Value::from(1));
            records.store(key("mine"), Value::from(2));
        };
        let mine = key("mine");
        let (taken, ()) = tokio::join!(records.take(&mine), store);
        assert_eq!(taken, Some(Value::from(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        assert_eq!(Records::default().take(&key("never")).await, None);
    }

    #[tokio::test]
    async fn a_result_is_handed_out_once() {
        let records = Records::default();
        records.store(key("x"), Value::from(1));
        assert_eq!(records.take_when_stored(&key("x")).await, Value::from(1));
        assert!(!records.0.borrow().contains_key(&key("x")));
    }
}
