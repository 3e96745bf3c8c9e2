//! Pictures of the windows as a unit leaves them, for those who look into why it ended badly.

use std::time::Duration;

use super::error::UnitError;
use super::flow::Flow;
use super::seen::Role;
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
    /// What the windows show that are open now, by their names; a window that gives no picture is left out.
    pub(super) async fn looks(
        &mut self,
        when: Looks,
        result: &Result<Observation, UnitError>,
    ) -> Vec<(String, Vec<u8>)> {
        let engine = self.session.browser().engine();
        let broken = match result {
            Ok(seen) => !broken_expectations(self.unit, engine, &seen.facts).is_empty(),
            Err(error) => !error.loses_session(),
        };
        let wanted = match when {
            Looks::Never => false,
            Looks::WhenBroken => broken,
            Looks::Always => broken || result.is_ok(),
        };
        if !wanted {
            return Vec::new();
        }
        let windows = self.seen.windows.iter();
        let windows = windows.filter(|(_, window)| !matches!(window.role, Role::Frame { .. }));
        let names: Vec<String> = windows.map(|(name, _)| name.clone()).collect();
        let mut pictures = Vec::new();
        for name in names {
            let picture = async {
                if !self.is_open(&name).await? {
                    return Ok(None);
                }
                self.enter(&name).await?;
                self.session.screenshot().await.map(Some).map_err(UnitError::from)
            };
            if let Ok(Ok(Some(picture))) = tokio::time::timeout(LIMIT, picture).await {
                pictures.push((name, picture));
            }
        }
        pictures
    }
}
