//! The server: one listener, on loopback unless other machines are let in, its connections, and their end.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use axum::Router;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::check::PlanError;
use crate::page::Plan;
use crate::registry::Registry;
use crate::respond::{Cut, router};
use crate::stage::Stage;
use crate::visitor::Visitor;

/// How long open connections may take to end by themselves at shutdown.
const DEADLINE: Duration = Duration::from_secs(1);

/// A server on one port, with any number of stages on it.
///
/// Dropping it closes the listener and cuts all connections; [`Server::shutdown`] lets responses
/// under way finish.
pub struct Server {
    port: u16,
    registry: Arc<Registry>,
    closing: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

/// A server that could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener can be reached from other machines.
    #[error("{address} is not a loopback address: bind to 127.0.0.1 or ::1")]
    NotLoopback {
        /// Where the listener is bound.
        address: SocketAddr,
    },
    /// Another process has the port.
    #[error("port {port} is in use: choose another one, or 0 for any that is free")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The port cannot be had for another reason.
    #[error("cannot listen on port {port}")]
    Bind {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The listener does not tell where it is bound.
    #[error("cannot learn the address of the listener")]
    Address(#[source] io::Error),
}

impl Server {
    /// Serves on a bound listener. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the listener is bound to anything but a loopback address.
    pub fn start(listener: TcpListener) -> Result<Self, StartError> {
        let address = listener.local_addr().map_err(StartError::Address)?;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback { address });
        }
        Ok(Self::on(listener, address.port()))
    }

    fn on(listener: TcpListener, port: u16) -> Self {
        let registry = Arc::new(Registry::new(port));
        let closing = watch::Sender::new(false);
        let listening =
            tokio::spawn(listen(listener, router(Arc::clone(&registry)), closing.subscribe()));
        Self { port, registry, closing, listening }
    }

    /// Serves on a port of 127.0.0.1; 0 stands for any that is free.
    ///
    /// # Errors
    /// If the port cannot be had; [`StartError::PortInUse`] if another process has it.
    pub async fn bind_loopback(port: u16) -> Result<Self, StartError> {
        Self::start(bind(Ipv4Addr::LOCALHOST.into(), port).await?)
    }

    /// Serves on a port of `address`, which other machines may reach; 0 stands for any that is free.
    /// Whoever reaches it and knows the host name of a stage gets its pages.
    ///
    /// The pages keep their names below `localhost`, which lead every browser to its own machine, so
    /// a browser elsewhere takes this server for its HTTP proxy. It is one for its own names only.
    ///
    /// # Errors
    /// As [`Server::bind_loopback`].
    pub async fn bind_public(address: IpAddr, port: u16) -> Result<Self, StartError> {
        let listener = bind(address, port).await?;
        let port = listener.local_addr().map_err(StartError::Address)?.port();
        Ok(Self::on(listener, port))
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Takes the browser that visits this server for one without a driver: documents of stages that come from
    /// now on ask what to do. A server has one such visitor.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        self.registry.visitor()
    }

    /// Puts a plan on stage, on hosts of its own.
    ///
    /// # Errors
    /// If the plan has faults; the error carries all of them.
    pub fn stage(&self, plan: Plan) -> Result<Stage, PlanError> {
        let staged = self.registry.add(plan)?;
        Ok(Stage::new(staged, Arc::clone(&self.registry)))
    }

    /// Stops listening and ends all connections: idle and hanging ones at once, others when their
    /// response is out, and whatever is left after a second.
    pub async fn shutdown(mut self) {
        self.closing.send_replace(true);
        self.registry.clear();
        // The task ends by itself; should it have panicked, nothing is left to close.
        let _ = (&mut self.listening).await;
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The connections are in a set that the task owns, so they end with it.
        self.listening.abort();
        self.registry.clear();
    }
}

async fn bind(address: IpAddr, port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind((address, port)).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { port },
        _ => StartError::Bind { port, source },
    })
}

/// Accepts connections until `closing`, then waits for those that are open, but not forever.
async fn listen(listener: TcpListener, router: Router, mut closing: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = closed(&mut closing) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, router.clone(), closing.clone()));
                }
                // The peer gave up, or file handles ran out: then one of ours must end first.
                Err(_) => {
                    connections.join_next().await;
                    tokio::task::yield_now().await;
                }
            },
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DEADLINE, all_ended).await.is_err() {
        connections.shutdown().await;
    }
}

/// Serves one connection until its peer or `closing` ends it.
async fn converse(stream: TcpStream, router: Router, mut closing: watch::Receiver<bool>) {
    // Only latency is at stake.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(router.clone(), request));
    let connection = http1::Builder::new()
        // Closer to what header lines look like in files; HTTP does not care.
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // A connection that ends with an error has no one left to tell.
    tokio::select! {
        _ = &mut connection => {}
        () = closed(&mut closing) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// The response; an error makes hyper close the connection without one.
async fn respond(router: Router, request: hyper::Request<Incoming>) -> Result<Response, Cut> {
    let response = router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
    match response.extensions().get::<Cut>() {
        Some(cut) => Err(*cut),
        None => Ok(response),
    }
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the server is gone without a shutdown: closed as well.
    let _ = closing.wait_for(|closing| *closing).await;
}
