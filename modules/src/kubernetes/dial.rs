//! The one way to a server, for requests and for WebSockets: TCP, through a proxy where there is one, and TLS.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

use super::config::Config;
use crate::Fail;

/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server, and how it is reached.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) host: String,
    pub(super) port: u16,
    /// What stands between the server and `/api`, without a slash at its end.
    pub(super) prefix: String,
    name: Option<ServerName<'static>>,
    tls: Mutex<Arc<ClientConfig>>,
    proxy: Option<Proxy>,
}

#[derive(Clone, Debug)]
struct Proxy {
    host: String,
    port: u16,
    login: Option<String>,
}

/// `https://host:port/prefix` in its parts: whether TLS, host, port, prefix.
pub(super) fn host_and_port(url: &str) -> Option<(bool, String, u16, String)> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let (authority, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port.parse().ok()?)),
        _ => (authority, None),
    };
    let tls = match scheme {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let prefix = path.trim_end_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
    (!host.is_empty()).then(|| (tls, host.to_owned(), port.unwrap_or(if tls { 443 } else { 80 }), prefix))
}

impl Endpoint {
    pub(super) fn new(config: &Config, settings: Arc<ClientConfig>) -> Result<Self, Fail> {
        let wrong =
            || Fail::new(format!("not the address of a server, in {}: `{}`", config.origin, config.server));
        let (tls, host, port, prefix) = host_and_port(&config.server).ok_or_else(wrong)?;
        let name =
            config.tls_server_name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| host.clone());
        let name = if tls { Some(ServerName::try_from(name).map_err(|_| wrong())?) } else { None };
        let proxy = config.proxy.as_deref().map(|url| Proxy::parse(url, config)).transpose()?;
        Ok(Self { host, port, prefix, name, tls: Mutex::new(settings), proxy })
    }

    /// `host:port`, for a header.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The server's address as a request names it.
    pub(super) fn url(&self) -> String {
        format!(
            "{}://{}{}",
            if self.name.is_some() { "https" } else { "http" },
            self.authority(),
            self.prefix
        )
    }

    /// Shows another client certificate from now on.
    pub(super) fn renew(&self, settings: Arc<ClientConfig>) {
        *self.tls.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// A new connection.
    pub(super) fn dial(&self, patience: Option<Duration>) -> io::Result<Stream> {
        let patience = patience.unwrap_or(PATIENCE).min(PATIENCE);
        let tcp = match &self.proxy {
            None => connect(&self.host, self.port, patience)?,
            Some(proxy) => {
                let tcp = connect(&proxy.host, proxy.port, patience).map_err(|error| {
                    io::Error::new(
                        error.kind(),
                        format!("the proxy `{}:{}`: {error}", proxy.host, proxy.port),
                    )
                })?;
                proxy.tunnel(tcp, &self.authority(), patience)?
            }
        };
        tcp.set_nodelay(true)?;
        let settings = self.tls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(name) = &self.name else { return Ok(Stream::Plain(tcp)) };
        let tls = ClientConnection::new(settings, name.clone()).map_err(io::Error::other)?;
        tcp.set_read_timeout(Some(patience))?;
        let mut stream = StreamOwned::new(tls, tcp);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Stream::Tls(Box::new(stream)))
    }
}

fn connect(host: &str, port: u16, patience: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("no address of `{host}` is known"));
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Proxy {
    fn parse(url: &str, config: &Config) -> Result<Self, Fail> {
        let wrong = || {
            Fail::new(format!(
                "only proxies that speak HTTP can be used (`http://host:port`): `{}`",
                url.rsplit('@').next().unwrap_or(url)
            ))
        };
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (login, authority) =
            rest.rsplit_once('@').map_or((None, rest), |(login, host)| (Some(login), host));
        let (tls, host, port, _) = host_and_port(&format!("{scheme}://{authority}")).ok_or_else(wrong)?;
        if tls {
            return Err(wrong());
        }
        let login =
            config.proxy_login.as_ref().map(|login| login.reveal().to_owned()).or(login.map(str::to_owned));
        Ok(Self { host, port, login })
    }

    fn tunnel(&self, mut tcp: TcpStream, to: &str, patience: Duration) -> io::Result<TcpStream> {
        tcp.set_read_timeout(Some(patience))?;
        let login = self
            .login
            .as_ref()
            .map(|login| format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(login)));
        write!(tcp, "CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{}\r\n", login.unwrap_or_default())?;
        // Unbuffered: what follows the head is the server's TLS.
        let mut reader = BufReader::with_capacity(1, &tcp);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 2 {
            line.clear();
        }
        match first.split(' ').nth(1) {
            Some("200") => Ok(tcp),
            _ => Err(io::Error::other(format!(
                "the proxy `{}:{}` answers: {}",
                self.host,
                self.port,
                first.trim()
            ))),
        }
    }
}

/// A connection to a server.
#[derive(Debug)]
pub enum Stream {
    /// Without TLS.
    Plain(TcpStream),
    /// With TLS.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// The socket beneath, for timeouts.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => &tls.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

/// Dials for the HTTP client.
#[derive(Debug)]
pub(super) struct Dialer(pub(super) Arc<Endpoint>);

/// A dialled connection with the HTTP client's buffers.
#[derive(Debug)]
pub(super) struct Line {
    stream: Stream,
    buffers: LazyBuffers,
}

impl Connector for Dialer {
    type Out = Line;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Line>, ureq::Error> {
        let stream = self.0.dial(details.timeout.not_zero().map(|limit| *limit))?;
        let buffers =
            LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Line { stream, buffers }))
    }
}

fn in_time<T>(result: io::Result<T>, timeout: &NextTimeout) -> Result<T, ureq::Error> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ureq::Error::Timeout(timeout.reason),
        _ => ureq::Error::Io(error),
    })
}

impl Transport for Line {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.tcp().set_write_timeout(timeout.not_zero().map(|limit| *limit))?;
        let output = &self.buffers.output()[..amount];
        in_time(self.stream.write_all(output).and_then(|()| self.stream.flush()), &timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.tcp().set_read_timeout(timeout.not_zero().map(|limit| *limit))?;
        let read = self.stream.read(self.buffers.input_append_buf());
        let amount = in_time(read, &timeout)?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        let tcp = self.stream.tcp();
        let silent = tcp.set_nonblocking(true).and_then(|()| tcp.peek(&mut [0]));
        let silent = silent.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        tcp.set_nonblocking(false).is_ok() && silent
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}
