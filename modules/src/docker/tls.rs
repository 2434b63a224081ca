//! TLS to an engine: its certificate looked at as the user wishes, our own shown where we have one.

use std::io::Read;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned,
};

use super::wire::Wire;
use super::{Error, Tls};

/// How long two sides may take to agree.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The encrypted connection over a plain one; what is wrong with certificates is told here and not with the first
/// request.
pub(super) fn over(mut stream: TcpStream, host: &str, how: &Tls) -> Result<Wire, Error> {
    let name = how.name.as_deref().unwrap_or(host).to_owned();
    let server = ServerName::try_from(name.clone())
        .map_err(|_| Error::new(format!("expected the name of a server, found `{name}`")))?;
    let mut connection =
        ClientConnection::new(Arc::new(config(how)?), server).map_err(|error| trouble(&error))?;
    let limited = stream.set_read_timeout(Some(HANDSHAKE)).and_then(|()| stream.set_write_timeout(None));
    limited.map_err(|error| Error::io("cannot set up the connection", &error))?;
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(&mut stream) {
            let known = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            return Err(known.map_or_else(|| unfinished(&error), trouble));
        }
    }
    Ok(Wire::tls(StreamOwned::new(connection, stream)))
}

fn unfinished(error: &std::io::Error) -> Error {
    Error::io("TLS could not be agreed", error)
        .hint("does the engine speak TLS there, and does it know our certificate?")
}

fn trouble(error: &rustls::Error) -> Error {
    let words = format!("TLS could not be agreed: {error}");
    match error {
        rustls::Error::InvalidCertificate(_) => Error::new(words)
            .hint("give the authority that signed the engine's certificate as `ca_path`, and its name as `tls_hostname`"),
        rustls::Error::InvalidMessage(_) => Error::new(words).hint("does the engine speak TLS there?"),
        rustls::Error::AlertReceived(_) => {
            Error::new(words).hint("the engine may want a certificate of ours: `client_cert` and `client_key`")
        }
        _ => Error::new(words),
    }
}

fn config(how: &Tls) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| trouble(&error))?;
    let builder = if how.verify {
        builder.with_root_certificates(roots(how.ca.as_deref())?)
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider)))
    };
    let Some((certificate, key)) = &how.client else { return Ok(builder.with_no_client_auth()) };
    let key_bytes = read(key)?;
    let secret = PrivateKeyDer::from_pem_slice(&key_bytes)
        .map_err(|_| Error::new(format!("there is no private key in `{}`", key.display())))?;
    let own = builder.with_client_auth_cert(certificates(certificate)?, secret);
    own.map_err(|error| {
        Error::new(format!("cannot use the certificate `{}`: {error}", certificate.display()))
    })
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    let found = match ca {
        Some(path) => certificates(path)?,
        None => crate::web::trusted().map_err(|fail| Error::new(fail.message))?,
    };
    store.add_parsable_certificates(found);
    Ok(store)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(&read(path)?).filter_map(Result::ok).collect();
    if found.is_empty() {
        return Err(Error::new(format!("there is no certificate in `{}`", path.display())));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|error| Error::io(&format!("cannot read `{}`", path.display()), &error))?;
    Ok(bytes)
}

/// Takes any certificate, as the user wishes it.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
