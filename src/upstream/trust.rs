//! Which certificates are believed: the platform's authorities, the user's own, and for hosts that the user
//! names, any.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::UpstreamError;

/// Certificates of authorities that the user trusts, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ca {
    /// A file.
    File(PathBuf),
    /// Its content.
    Pem(Vec<u8>),
}

/// How TLS is spoken with hosts that are verified and with those that are not, by HTTP versions.
pub(super) struct Trust {
    verified: Versions,
    unverified: Versions,
    insecure: Vec<String>,
}

struct Versions {
    any: Arc<ClientConfig>,
    first: Arc<ClientConfig>,
}

impl Trust {
    pub(super) fn new(ca: &[Ca], insecure: &[String]) -> Result<Self, UpstreamError> {
        let own = own(ca)?;
        let mut roots = RootCertStore::empty();
        // A machine without certificates is no fault in itself: local upstreams need none.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(own.iter().cloned());
        let provider = Arc::new(ring::default_provider());
        let chain = (!roots.is_empty())
            .then(|| {
                WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build()
            })
            .transpose()
            .expect("there are roots, and no revocation lists");
        let verified: Arc<dyn ServerCertVerifier> =
            Arc::new(Verifier { chain, own, provider: provider.clone() });
        let unverified: Arc<dyn ServerCertVerifier> =
            Arc::new(Unverified { provider: provider.clone() });
        let insecure = insecure.iter().map(|host| bare(host).to_ascii_lowercase()).collect();
        Ok(Self {
            verified: Versions::new(&provider, &verified),
            unverified: Versions::new(&provider, &unverified),
            insecure,
        })
    }

    /// The settings of TLS with a host; with `first`, only HTTP/1.1 is offered.
    pub(super) fn config(&self, host: &str, first: bool) -> Arc<ClientConfig> {
        let insecure = self.insecure.iter().any(|name| name.eq_ignore_ascii_case(bare(host)));
        let versions = if insecure { &self.unverified } else { &self.verified };
        Arc::clone(if first { &versions.first } else { &versions.any })
    }
}

impl Versions {
    fn new(provider: &Arc<CryptoProvider>, verifier: &Arc<dyn ServerCertVerifier>) -> Self {
        let with = |protocols: &[&[u8]]| {
            let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
                .with_safe_default_protocol_versions()
                .expect("ring has the ciphers of TLS 1.2 and 1.3")
                .dangerous()
                .with_custom_certificate_verifier(Arc::clone(verifier))
                .with_no_client_auth();
            config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            Arc::new(config)
        };
        Self { any: with(&[b"h2", b"http/1.1"]), first: with(&[b"http/1.1"]) }
    }
}

/// The user's own certificates.
fn own(ca: &[Ca]) -> Result<Vec<CertificateDer<'static>>, UpstreamError> {
    let mut all = Vec::new();
    for ca in ca {
        let (place, pem) = match ca {
            Ca::Pem(pem) => ("the certificates given".to_owned(), pem.clone()),
            Ca::File(path) => {
                let place = path.display().to_string();
                match std::fs::read(path) {
                    Ok(pem) => (place, pem),
                    Err(source) => return Err(UpstreamError::CaFile { path: place, source }),
                }
            }
        };
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let found = found.map_err(|error| UpstreamError::CaPem {
            place: place.clone(),
            detail: error.to_string(),
        })?;
        if found.is_empty() {
            let detail = "there is no `BEGIN CERTIFICATE` in it".to_owned();
            return Err(UpstreamError::CaPem { place, detail });
        }
        all.extend(found);
    }
    Ok(all)
}

/// A host without the brackets of an IPv6 address.
pub(super) fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Verifies as browsers do, and believes a server that shows one of the user's own certificates itself:
/// what `openssl req -x509` makes is an authority's, yet used by servers.
struct Verifier {
    chain: Option<Arc<WebPkiServerVerifier>>,
    own: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.own.iter().any(|own| own.as_ref() == end_entity.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        let Some(chain) = &self.chain else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("own", &self.own.len()).finish_non_exhaustive()
    }
}

/// Believes everything: for the hosts that the user names.
struct Unverified {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified")
    }
}
