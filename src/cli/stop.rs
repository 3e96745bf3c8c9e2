//! Ctrl-C and its kin: once to stop in good order, twice to leave at once.

use coopwright::runner::Wish;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::exit;

/// Listens from now on; the first signal turns the wish into [`Wish::Stop`]. The sender is for other
/// reasons to stop.
///
/// # Errors
/// When the system refuses to tell of signals.
pub(crate) fn listen() -> std::io::Result<(watch::Sender<Wish>, watch::Receiver<Wish>)> {
    let (wish, receive) = watch::channel(Wish::Run);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let send = wish.clone();
    tokio::spawn(async move {
        let mut times = 0;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
            times += 1;
            if times == 1 {
                let _ = send.send(Wish::Stop);
            } else {
                leave();
            }
        }
    });
    Ok((wish, receive))
}

/// Leaves at once. The guards of the drivers see our end of their pipes close, and clean up.
#[expect(clippy::exit, reason = "asked twice, and the guards do not depend on us")]
fn leave() {
    std::process::exit(exit::INTERRUPTED.into());
}
