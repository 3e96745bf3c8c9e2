//! stub
#![allow(missing_docs)]
use crate::rollout::{Kind, Rollout};
use crate::upstream::Fault;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct ProxyError;
#[derive(Debug, Clone)]
pub struct Proxy;
#[derive(Debug, Clone)]
pub struct LanePlan {
    pub sites: Vec<(String, String)>,
    pub routes: Vec<Route>,
    pub rules: Arc<Rollout>,
    pub mix: Option<Mix>,
    pub collect: bool,
}
#[derive(Debug, Clone)]
pub struct Route {
    pub origin: String,
    pub to: SocketAddr,
    pub host: String,
}
#[derive(Debug, Clone, Copy)]
pub struct Mix {
    pub percent: u8,
    pub seed: u64,
}
#[derive(Debug)]
pub struct Lane;
impl Proxy {
    pub async fn lane(&self, _: LanePlan) -> Result<Lane, ProxyError> {
        Err(ProxyError)
    }
}
impl Lane {
    pub fn port(&self) -> u16 {
        0
    }
    pub fn entries(&self, _: usize) -> Vec<Entry> {
        vec![]
    }
    pub async fn changed(&self, _: usize) {}
    pub fn busy(&self) -> usize {
        0
    }
}
#[derive(Debug, Clone)]
pub enum Entry {
    Exchange(Box<Exchange>),
    Report(Report),
}
#[derive(Debug, Clone)]
pub struct Exchange {
    pub id: u64,
    pub at: Duration,
    pub url: String,
    pub method: String,
    pub request: Vec<(String, String)>,
    pub cookies: Vec<String>,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub before: Option<Vec<(String, String)>>,
    pub rules: Vec<usize>,
    pub kind: Kind,
    pub fault: Option<Fault>,
    pub fixture: Option<u64>,
}
#[derive(Debug, Clone)]
pub struct Report {
    pub at: Duration,
    pub url: String,
    pub body: serde_json::Value,
}
