//! What a client trusts and shows in TLS, and what a handshake that fails means.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::config::Config;
use crate::Fail;
use crate::args::Secret;

/// The settings of TLS for a server.
pub(super) fn settings(
    config: &Config,
    certificate: Option<&(Vec<u8>, Secret)>,
) -> Result<Arc<ClientConfig>, Fail> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong =
        |what: &str, why: &dyn std::fmt::Display| Fail::new(format!("{what} of {}: {why}", config.origin));
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("cannot speak TLS", &error))?;
    let builder = if config.insecure {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyServer(provider)))
    } else {
        builder.with_root_certificates(roots(config)?)
    };
    let Some((chain, key)) = certificate else { return Ok(Arc::new(builder.with_no_client_auth())) };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain).filter_map(Result::ok).collect();
    let key = PrivateKeyDer::from_pem_slice(key.reveal().as_bytes())
        .map_err(|error| wrong("cannot read the client key", &error))?;
    let settings = builder.with_client_auth_cert(chain, key);
    settings.map(Arc::new).map_err(|error| wrong("cannot use the client certificate", &error))
}

fn roots(config: &Config) -> Result<RootCertStore, Fail> {
    let mut store = RootCertStore::empty();
    match &config.ca {
        Some(pem) => {
            store.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).filter_map(Result::ok));
            if store.is_empty() {
                return Err(Fail::new(format!(
                    "the certificate authority of {} is no certificate",
                    config.origin
                )));
            }
        }
        None => {
            store.add_parsable_certificates(crate::web::trusted()?);
        }
    }
    Ok(store)
}

/// A handshake's failure in words that name what to mend.
pub(super) fn refusal(error: &rustls::Error, config: &Config) -> String {
    let of = format!("the certificate of `{}`", config.server);
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            format!("{of} is not signed by the certificate authority that {} names", config.origin)
        }
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => {
            format!("{of} has expired")
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            format!("{of} is for another name: {error}\nhint: `tls-server-name` in the kubeconfig says which")
        }
        rustls::Error::AlertReceived(_) => {
            format!("`{}` refuses the client certificate of {}: {error}", config.server, config.origin)
        }
        other => format!("no TLS with `{}`: {other}", config.server),
    }
}

/// Takes any certificate, as `insecure-skip-tls-verify` wants it.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
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
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
