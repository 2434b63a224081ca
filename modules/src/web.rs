//! HTTP from the target: one agent with the system's trust and the user's wishes.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use ureq::tls::{TlsConfig, TlsProvider};

use crate::args::{Map, Secret, Value};
use crate::{Fail, Hands, args};

args! {
    /// How a request is made, taken into the options of other modules.
    pub struct Request {
        /// The user to log in as.
        #[alias("username")]
        url_username: Option<String>,
        /// The password to log in with.
        #[alias("password")]
        url_password: Option<Secret>,
        /// Send the login at once, without waiting to be asked.
        force_basic_auth: bool = false,
        /// Headers of the request.
        headers: Map<String, Value> = "{}",
        /// How baton calls itself.
        http_agent: String = "ansible-httpget",
        /// Whether the server's certificate must be good.
        validate_certs: bool = true,
        /// Whether a proxy of the environment is used.
        use_proxy: bool = true,
        /// How long to wait, in seconds.
        timeout: u64 = "10",
    }
}

/// What a server answered; the body is read as it comes.
pub struct Response {
    pub status: u16,
    pub reason: String,
    pub headers: Vec<(String, String)>,
    pub body: Box<dyn Read + Send>,
}

impl Request {
    /// Gets a page; `since` asks for it only if it is newer.
    ///
    /// # Errors
    /// When the server cannot be reached or breaks the protocol; any status is an answer.
    pub fn get(&self, url: &str, since: Option<SystemTime>) -> Result<Response, Fail> {
        let mut request = self.request("GET", url);
        if let Some(since) = since.and_then(|time| jiff::Timestamp::try_from(time).ok()) {
            let zoned = since.to_zoned(jiff::tz::TimeZone::UTC);
            request =
                request.header("If-Modified-Since", zoned.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
        }
        self.run(url, request.body(Vec::new()))
    }

    /// The request with the login that the address itself has, or else a file of logins; and the address without it.
    pub fn logged_in(&self, url: &str, netrc: Option<&Path>) -> (Self, String) {
        let mut request = self.clone();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        if let Some(login) = login {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            request.url_username = Some(plain(user));
            request.url_password = Some(Secret::from(plain(password)));
        } else if let Some(netrc) = netrc.filter(|_| self.url_username.is_none()) {
            let text = std::fs::read_to_string(netrc).unwrap_or_default();
            if let Some((user, password)) = of_netrc(&text, host.split(':').next().unwrap_or_default()) {
                request.url_username = Some(user);
                request.url_password = Some(Secret::from(password));
            }
        }
        (request, format!("{scheme}://{host}{path}"))
    }

    /// Sends JSON, or nothing, by another method than `GET`.
    ///
    /// # Errors
    /// As [`Request::get`].
    pub fn send(
        &self,
        _: &mut Hands<'_>,
        method: &str,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Response, Fail> {
        let request = self.request(method, url).header("Content-Type", "application/json");
        self.run(url, request.body(body.map(Value::to_string).unwrap_or_default().into_bytes()))
    }

    fn request(&self, method: &str, url: &str) -> ureq::http::request::Builder {
        let mut request =
            ureq::http::Request::builder().method(method).uri(url).header("User-Agent", &self.http_agent);
        // A login takes the place of one that a header gives.
        let is_other =
            |name: &str| self.url_username.is_none() || !name.eq_ignore_ascii_case("authorization");
        for (name, value) in self.headers.iter().filter(|(name, _)| is_other(name)) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            request = request.header(name, text);
        }
        if let Some(user) = &self.url_username {
            let password = self.url_password.as_ref().map_or("", Secret::reveal);
            request = request
                .header("Authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
        }
        request
    }

    fn run(
        &self,
        url: &str,
        request: Result<ureq::http::Request<Vec<u8>>, ureq::http::Error>,
    ) -> Result<Response, Fail> {
        let failed = |error: ureq::Error| {
            Fail::new(format!("Request failed: {}", words(error))).with("url", url).with("status_code", -1)
        };
        let request = request.map_err(|error| failed(ureq::Error::from(error)))?;
        let agent = self.agent(url)?;
        let response = match request.method().as_str() {
            // Without a body there is no word of its length.
            "GET" => agent.run(request.map(|_| ())),
            _ => agent.run(request),
        };
        let (parts, body) = response.map_err(failed)?.into_parts();
        let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(Response {
            status: parts.status.as_u16(),
            reason: parts.status.canonical_reason().unwrap_or_default().to_owned(),
            headers: parts.headers.iter().map(header).collect(),
            body: Box::new(body.into_reader()),
        })
    }

    fn agent(&self, url: &str) -> Result<ureq::Agent, Fail> {
        let authorities = match authorities() {
            Err(fail) if self.validate_certs && url.starts_with("https:") => return Err(fail),
            found => found.unwrap_or_default(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(authorities.into())
            .disable_verification(!self.validate_certs)
            .build();
        let mut builder = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(self.timeout)))
            .timeout_recv_response(Some(Duration::from_secs(self.timeout)));
        if !self.use_proxy {
            builder = builder.proxy(None);
        }
        Ok(builder.build().into())
    }
}

/// Why a server was not reached; playbooks look for what is said of its certificate, and for numbers of errors.
fn words(error: ureq::Error) -> String {
    let said = error.to_string();
    match said.split_once("invalid peer certificate: ") {
        Some((_, why)) if why.contains("not valid for name") => {
            format!("Failed to validate the SSL certificate. Hostname mismatch: {why}")
        }
        Some((_, why)) => format!("Failed to validate the SSL certificate: certificate verify failed: {why}"),
        None => match (&error, said.split_once("failed to lookup address information: ")) {
            (_, Some((_, why))) => format!("<urlopen error [Errno -2] {why}>"),
            (ureq::Error::Io(io), None) if let Some(number) = io.raw_os_error() => {
                let why = io.to_string();
                let why = why.split(" (os error").next().unwrap_or_default();
                format!("<urlopen error [Errno {number}] {why}>")
            }
            _ => said,
        },
    }
}

/// Text of an address with what is written as `%41` put in place.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The login for a host, or the default one, in the text of a file of logins.
fn of_netrc(text: &str, host: &str) -> Option<(String, String)> {
    let mut words = text.split_whitespace();
    let (mut here, mut user, mut password) = (false, None, String::new());
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if here && user.is_some() => break,
            "machine" => here = words.next() == Some(host),
            "default" => here = true,
            "login" if here => user = words.next().map(str::to_owned),
            "password" if here => password = words.next().unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    user.map(|user| (user, password))
}

/// The authorities that the system trusts.
fn authorities() -> Result<Vec<ureq::tls::Certificate<'static>>, Fail> {
    let owned = |authority: CertificateDer<'_>| ureq::tls::Certificate::from_der(&authority).to_owned();
    Ok(trusted()?.into_iter().map(owned).collect())
}

/// The certificates of the authorities that the system trusts.
///
/// # Errors
/// When it names none: with no authority no server can be told from an impostor.
pub(crate) fn trusted() -> Result<Vec<CertificateDer<'static>>, Fail> {
    let trusted: Vec<_> = CertificateDer::pem_slice_iter(&bundle()).filter_map(Result::ok).collect();
    if trusted.is_empty() {
        let fail =
            Fail::new("this host knows no certificate authority, so no server's certificate can be checked");
        return Err(fail.hint(
            "install the package `ca-certificates`, or name a file of authorities with `SSL_CERT_FILE`",
        ));
    }
    Ok(trusted)
}

/// The system's file of certificates; empty where it has none.
fn bundle() -> Vec<u8> {
    let bundles = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let named = std::env::var("SSL_CERT_FILE").ok();
    let files = named.iter().map(String::as_str).chain(bundles);
    files.filter_map(|file| std::fs::read(file).ok()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_comes_of_the_address_or_of_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "machine a.example\nlogin foo\npassword bar\ndefault login me\n")
            .unwrap();
        let request = <Request as crate::args::Args>::parse(&Map::new()).unwrap();
        let login = |url: &str| {
            let (request, url) = request.logged_in(url, Some(file.path()));
            (request.url_username.unwrap(), request.url_password.unwrap().reveal().to_owned(), url)
        };
        let of =
            |user: &str, password: &str, url: &str| (user.to_owned(), password.to_owned(), url.to_owned());
        assert_eq!(login("https://u%40x:p@a.example:1/b?c"), of("u@x", "p", "https://a.example:1/b?c"));
        assert_eq!(login("https://a.example/b"), of("foo", "bar", "https://a.example/b"));
        assert_eq!(login("http://b.example"), of("me", "", "http://b.example"));
    }
}
