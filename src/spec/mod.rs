//! What the standards say must happen, with the rules and the responses that decide it. Pure.
//!
//! Three questions, each a function from plain data to an answer with its reasons: [`popup`] (what
//! becomes of the link between an opener and a popup), [`frames`] (which of nested documents load and are
//! isolated) and [`resource`] (what becomes of a request). `document` reads responses, `switch` and
//! `corp` hold the rules that several share, `engine` says which engine deviates, and how. The model
//! never sees what a browser did; see `predict`, where the two meet.

mod change;
mod corp;
mod document;
mod engine;
mod flow;
mod frames;
mod popup;
mod report;
mod resource;
mod rule;
mod switch;

pub use change::{Change, Edit, End, PageEdit, Place, changes, isolating};
pub use document::{Document, FlowError, Response};
pub use engine::{Behaviour, Deviation, Engine, Profile, deviations};
pub use flow::{Flow, Frame, Navigation, Opening};
pub use frames::{FramesAnswer, Nested, frames, frames_in};
pub use popup::{Handle, PopupAnswer, PopupDocument, Relation, popup, popup_in};
pub use report::{Disposition, Report};
pub use resource::{
    Credentials, Kind, Mode, Outcome, Preflight, Resource, ResourceAnswer, ResourceHop, Sent,
    resource, resource_in,
};
pub use rule::{Compared, Reason, Rule};
