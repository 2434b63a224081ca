//! A port of a pod as a port of this machine, for as long as it is held.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::client::Client;
use super::error::ApiError;

/// A port of a pod, forwarded until this is dropped.
#[derive(Debug)]
pub struct Forward {
    /// Where it is reached on this machine.
    pub local: SocketAddr,
    ended: Arc<AtomicBool>,
    failure: Arc<Mutex<Option<String>>>,
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

impl Forward {
    /// What the last connection that failed failed of.
    pub fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Client {
    /// Forwards a port of the loopback (any, if 0) to a port of a pod.
    ///
    /// # Errors
    /// When the local port cannot be had, or the pod cannot be reached.
    pub fn forward(
        self: &Arc<Self>,
        namespace: &str,
        pod: &str,
        port: u16,
        local: u16,
    ) -> Result<Forward, ApiError> {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}");
        // Whether it can be done at all is known before anybody connects.
        drop(self.socket(&path, "v4.channel.k8s.io")?);
        let cannot = |error: io::Error| ApiError::local(format!("cannot listen on port {local}: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, local)).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let local = listener.local_addr().map_err(cannot)?;
        let (ended, failure) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let forward = Forward { local, ended: ended.clone(), failure: Arc::clone(&failure) };
        let client = self.clone();
        thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let (client, path, failure) = (client.clone(), path.clone(), Arc::clone(&failure));
                        thread::spawn(move || {
                            let carried = stream
                                .set_nonblocking(false)
                                .map_err(|error| ApiError::local(error.to_string()))
                                .and_then(|()| client.socket(&path, "v4.channel.k8s.io")?.forward(&stream));
                            if let Err(error) = carried {
                                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.message);
                            }
                        });
                    }
                    Err(_) => thread::sleep(Duration::from_millis(20)),
                }
            }
        });
        Ok(forward)
    }
}
