//! Facts about the Windows Host Compute Service, as data.
//!
//! Nothing here behaves: a row says what happens in a situation and how that is known, and the machine executes it.
//! A missing row, a doubled one and one that covers nothing each fail the build, see [`total`].
//!
//! | file | what it says |
//! |---|---|
//! | [`vocabulary`] | the alphabets: calls, kinds, states, triggers, facets, events |
//! | [`build`], [`hresult`] | each Windows build, each result code, once |
//! | [`rule`] | the row, and the order of the stages that a call passes |
//! | [`export`] | which DLL exports what, since when, and whether it is modelled |
//! | [`argument`], [`handle`], [`operation`], [`service`], [`access`], [`privilege`], [`document`] | the stages before the last |
//! | [`mod@file`], [`grant`], [`state_file`] | what the host's file system says; access of machines to files; the layout of state files |
//! | [`disk`] | virtual disks: the calls on them, and the layout of VHDX files |
//! | [`transport`] | layers on their way: backup streams, the transport form, tars |
//! | [`system`] | the last stage: what happens to a compute system, a file for each part of its life |
//! | [`process`] | the same for a process |
//! | [`layer`] | layers of container images |
//! | [`legacy`] | the older interface, `vmcompute.dll`: what it does otherwise |
//! | [`container`] | the storage of containers |
//! | [`constraint`], [`resource`], [`property`] | what a document asks of a host, what can be modified, what can be asked |
//! | [`failure`], [`profile`] | what operations plausibly end with; how fast a host is, and its quirks |
//! | [`guest`] | what runs inside: its signals, exit codes, process ids |
//! | [`answer`] | the documents that come back |
//! | [`time`] | how long things take |
//! | [`evidence`] | how a row is known |
//! | [`report`] | the rules as a page to read |
//!
//! Deliberately absent: state, time, input and output.

pub mod access;
pub mod answer;
pub mod argument;
pub mod build;
mod closed;
pub mod constraint;
pub mod container;
pub mod disk;
pub mod document;
pub mod evidence;
pub mod export;
pub mod failure;
pub mod file;
pub mod grant;
pub mod guest;
pub mod handle;
pub mod hresult;
pub mod layer;
pub mod legacy;
pub mod operation;
pub mod privilege;
pub mod process;
pub mod profile;
pub mod property;
pub mod report;
pub mod resource;
pub mod rule;
pub mod service;
pub mod state_file;
pub mod system;
pub mod time;
pub mod total;
pub mod transport;
pub mod vocabulary;
