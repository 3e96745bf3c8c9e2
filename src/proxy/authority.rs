//! The throw-away certificate authority: in memory only, one per run, and unknown to every browser but
//! those that a run starts.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SanType, SerialNumber, date_time_ymd,
};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::ProxyError;

/// The most hosts whose certificates are kept.
const KEPT: usize = 4_096;

/// Signs certificates for the hosts that browsers ask for.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    fingerprint: [u8; 32],
    /// All leaves share a key; browsers tell them apart by their serial numbers.
    leaf_key: KeyPair,
    provider: Arc<CryptoProvider>,
    configs: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl fmt::Debug for Authority {
    /// Keys are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(not shown)")
    }
}

impl Authority {
    pub(super) fn new() -> Result<Self, ProxyError> {
        let provider = Arc::new(ring::default_provider());
        let key = KeyPair::generate()?;
        let fingerprint = Sha256::digest(key.subject_public_key_info()).into();
        let mut params = params("coopwright (one run only)", &provider)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.into();
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
            fingerprint,
            leaf_key: KeyPair::generate()?,
            provider,
            configs: Mutex::default(),
        })
    }

    /// The SHA-256 of its public key's `SubjectPublicKeyInfo`.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// How TLS is spoken as a host (a name, or an address without brackets): HTTP/2 or HTTP/1.1. Its
    /// certificate is made once, so that sessions are taken up again.
    pub(super) fn config(&self, host: &str) -> Result<Arc<ServerConfig>, ProxyError> {
        let host = host.to_ascii_lowercase();
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = configs.get(&host) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.make(&host)?);
        if configs.len() >= KEPT {
            configs.clear();
        }
        configs.insert(host, Arc::clone(&config));
        Ok(config)
    }

    fn make(&self, host: &str) -> Result<ServerConfig, ProxyError> {
        let mut params = params(host, &self.provider)?;
        let name = match host.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(host.try_into()?),
        };
        params.subject_alt_names = vec![name];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let leaf = params.signed_by(&self.leaf_key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(self.leaf_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.into(), self.certificate.clone()],
                PrivateKeyDer::Pkcs8(key),
            )?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// What all its certificates have in common. Serial numbers are random: Firefox refuses two certificates of
/// one issuer that share one, and no setting overrides that.
fn params(name: &str, provider: &CryptoProvider) -> Result<CertificateParams, ProxyError> {
    let mut serial = [0; 16];
    provider.secure_random.fill(&mut serial).map_err(|_| ProxyError::Random)?;
    // A positive number (RFC 5280, section 4.1.2.2).
    serial[0] = serial[0] & 0x7f | 0x40;
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    // A common name holds 64 characters at most; names are looked up elsewhere anyway.
    let short: String = name.chars().take(64).collect();
    params.distinguished_name.push(DnType::CommonName, short);
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_one_certificate() {
        let authority = Authority::new().unwrap();
        let first = authority.config("A.example").unwrap();
        let again = authority.config("a.example").unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        assert!(!Arc::ptr_eq(&first, &authority.config("b.example").unwrap()));
        for host in ["127.0.0.1", "::1", "app_1.example", &"a.".repeat(60)] {
            assert!(authority.config(host).is_ok(), "{host}");
        }
        assert!(authority.config("ümlaut").is_err());
        assert_ne!(authority.fingerprint(), Authority::new().unwrap().fingerprint());
    }
}
