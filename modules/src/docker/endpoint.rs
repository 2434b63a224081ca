//! Where an engine listens: a socket of the machine, or TCP with or without TLS.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::wire::Wire;
use super::{Error, tls};

/// The socket of an engine that nobody has moved.
pub(super) const DEFAULT_HOST: &str = "unix:///var/run/docker.sock";

/// The longest wait for a connection; an engine that is there answers at once.
const CONNECT: Duration = Duration::from_secs(10);

/// An address that an engine listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket of this machine.
    Unix(PathBuf),
    /// A host and its port.
    Tcp(String, u16),
}

/// How a connection is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whether the engine's certificate must be good.
    pub verify: bool,
    /// The name that its certificate must have; else that of its address.
    pub name: Option<String>,
    /// The authorities that are trusted; else the system's.
    pub ca: Option<PathBuf>,
    /// Our own certificate and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// An engine, and how to talk to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it listens.
    pub address: Address,
    /// How the connection is encrypted, if it is.
    pub tls: Option<Tls>,
    /// How long an answer may take to begin.
    pub timeout: Duration,
    /// The version to speak; else the newest that both know.
    pub api_version: Option<String>,
}

impl Endpoint {
    /// The endpoint of `unix:///path`, `tcp://host:port` or a path.
    ///
    /// # Errors
    /// When it is of another kind.
    pub fn parse(host: &str) -> Result<Self, Error> {
        let of = |address| Self { address, tls: None, timeout: Duration::from_secs(60), api_version: None };
        let (scheme, rest) =
            host.split_once("://").unwrap_or((if host.starts_with('/') { "unix" } else { "tcp" }, host));
        match scheme {
            "unix" | "http+unix" if rest.is_empty() => Self::parse(DEFAULT_HOST),
            "unix" | "http+unix" => Ok(of(Address::Unix(Path::new("/").join(rest)))),
            "tcp" | "http" | "https" => {
                let (name, port) = host_and_port(rest).ok_or_else(|| {
                    Error::new(format!("expected `tcp://host:port` as `docker_host`, found `{host}`"))
                })?;
                Ok(of(Address::Tcp(name, port.unwrap_or(if scheme == "https" { 2376 } else { 2375 }))))
            }
            "ssh" => Err(Error::new(format!("cannot reach an engine over SSH: `{host}`"))
                .hint("run the task on that host, with `delegate_to`")),
            _ => Err(Error::new(format!(
                "expected `unix:///path` or `tcp://host:port` as `docker_host`, found `{host}`"
            ))),
        }
    }

    /// The address as the user writes it.
    pub fn shown(&self) -> String {
        match &self.address {
            Address::Unix(path) => format!("unix://{}", path.display()),
            Address::Tcp(host, port) => format!("tcp://{host}:{port}"),
        }
    }

    /// The name for the `Host` header.
    pub(super) fn authority(&self) -> String {
        match &self.address {
            Address::Unix(_) => "docker".to_owned(),
            Address::Tcp(host, port) => format!("{host}:{port}"),
        }
    }

    /// A new connection.
    pub(super) fn open(&self) -> Result<Wire, Error> {
        match &self.address {
            Address::Unix(path) => {
                UnixStream::connect(path).map(Wire::unix).map_err(|error| no_socket(path, &error))
            }
            Address::Tcp(host, port) => {
                let what = format!("cannot connect to the engine at `{}`", self.shown());
                let stream = connect(host, *port, self.timeout.min(CONNECT)).map_err(|error| {
                    Error::io(&what, &error).hint("is the engine running, and does it listen there?")
                })?;
                match &self.tls {
                    None => Ok(Wire::tcp(stream)),
                    Some(how) => tls::over(stream, host, how)
                        .map_err(|error| Error { message: format!("{what}: {}", error.message), ..error }),
                }
            }
        }
    }
}

/// `host:port`, `[::1]:port` or either without a port.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let text = text.trim_end_matches('/');
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, tail) = rest.split_once(']')?;
            (host, tail.strip_prefix(':'))
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map(str::parse).transpose().ok()?;
    (!host.is_empty() && !host.contains('/')).then(|| (host.to_owned(), port))
}

fn connect(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(stream) => return stream.set_nodelay(true).map(|()| stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn no_socket(path: &Path, error: &io::Error) -> Error {
    let at = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Error::new(format!("no Docker Engine here: there is no socket `{at}`"))
            .hint("install and start one (Debian's package is `docker.io`), or say where it is with `docker_host`"),
        io::ErrorKind::PermissionDenied => Error::new(format!("no permission to use the engine's socket `{at}`"))
            .hint("use `become: true`, or make the user a member of the group `docker`"),
        io::ErrorKind::ConnectionRefused => {
            Error::new(format!("the Docker Engine is not running: nobody listens on `{at}`"))
                .hint("start it: `systemctl start docker`")
        }
        _ => Error::io(&format!("cannot connect to the engine's socket `{at}`"), error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(host: &str) -> String {
        Endpoint::parse(host).map_or_else(|error| error.message, |endpoint| endpoint.shown())
    }

    #[test]
    fn addresses_are_read_as_docker_reads_them() {
        assert_eq!(parsed("unix:///run/docker.sock"), "unix:///run/docker.sock");
        assert_eq!(parsed("unix://"), DEFAULT_HOST);
        assert_eq!(parsed("tcp://10.0.0.1:1234"), "tcp://10.0.0.1:1234");
        assert_eq!(parsed("tcp://engine"), "tcp://engine:2375");
        assert_eq!(parsed("https://engine"), "tcp://engine:2376");
        assert_eq!(parsed("tcp://[::1]:99/"), "tcp://::1:99");
        assert!(parsed("ssh://root@engine").contains("over SSH"));
        assert!(parsed("tcp://engine:many").starts_with("expected `tcp://host:port`"));
        assert!(parsed("npipe:////./pipe/docker").starts_with("expected `unix:///path`"));
    }

    #[test]
    fn a_socket_that_is_not_there_is_told_as_such() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("docker.sock");
        let open = || Endpoint::parse(&at.display().to_string()).unwrap().open().err().unwrap().message;
        assert!(open().starts_with("no Docker Engine here: there is no socket"), "{}", open());
        drop(std::os::unix::net::UnixListener::bind(&at).unwrap());
        assert!(open().starts_with("the Docker Engine is not running"), "{}", open());
    }
}
