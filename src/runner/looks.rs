//! Pictures of the windows as a unit leaves them, for those who look into why it ended badly.

use std::time::Duration;

use super::error::UnitError;
use super::flow::Flow;
use crate::observation::Observation;
use crate::verdict::broken_expectations;

/// The longest time for one picture: a page that hangs has none.
const LIMIT: Duration = Duration::from_secs(3);

/// When pictures are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Never.
    Never,
    /// Where a unit could not be tested, or an expectation does not hold. How its snapshot compares is not
    /// known as long as the windows are there.
    WhenBroken,
    /// At the end of every unit.
    Always,
}

impl Flow<'_> {
    /// Takes the pictures before the popups are asked to close, if they are wanted: how the unit will end is
    /// told by what is known now.
    pub(super) async fn look_before_closing(&mut self) {
        let engine = self.session.browser().engine();
        let broken = || {
            let broken = broken_expectations(self.unit, engine, &self.facts_so_far());
            // What is only known later is no reason.
            broken.iter().any(|broken| broken.observed.is_some())
        };
        let wanted = match self.looks {
            Looks::Never => false,
            Looks::WhenBroken => broken(),
            Looks::Always => true,
        };
        if wanted {
            self.take_pictures().await;
        }
    }

    /// Takes them when the unit has ended otherwise than was known before.
    pub(super) async fn look_at_the_end(&mut self, result: &Result<Observation, UnitError>) {
        let engine = self.session.browser().engine();
        let broken = match result {
            Ok(seen) => !broken_expectations(self.unit, engine, &seen.facts).is_empty(),
            Err(error) => !error.loses_session(),
        };
        if broken && self.looks != Looks::Never && self.pictures.is_empty() {
            self.take_pictures().await;
        }
    }

    /// A picture of every window that is open now; one that gives none is left out.
    async fn take_pictures(&mut self) {
        for name in self.tops() {
            let picture = async {
                if !self.is_open(&name).await? {
                    return Ok(None);
                }
                self.enter(&name).await?;
                self.session.screenshot().await.map(Some).map_err(UnitError::from)
            };
            if let Ok(Ok(Some(picture))) = tokio::time::timeout(LIMIT, picture).await {
                self.pictures.push((name, picture));
            }
        }
    }
}
