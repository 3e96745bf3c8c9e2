//! A certificate authority of a test's own, and one certificate by it for all of a stack's hosts.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// The authority's certificate.
pub(crate) const AUTHORITY: &str = "authority.pem";
/// The hosts' certificate.
pub(crate) const CHAIN: &str = "hosts.pem";
/// Its key.
pub(crate) const KEY: &str = "hosts.key";

/// Writes them into a folder.
pub(crate) fn write<'a>(folder: &Path, hosts: impl IntoIterator<Item = &'a str>) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "Staging of a test");
    let certificate = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);

    let names: Vec<String> = hosts.into_iter().map(str::to_owned).collect();
    let mut leaf = CertificateParams::new(names).unwrap();
    leaf.distinguished_name.push(DnType::CommonName, "hosts of a test");
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let leaf_key = KeyPair::generate().unwrap();
    let signed = leaf.signed_by(&leaf_key, &issuer).unwrap();

    let put = |name, label, der| fs::write(folder.join(name), pem(label, der)).unwrap();
    put(AUTHORITY, "CERTIFICATE", certificate.der());
    put(CHAIN, "CERTIFICATE", signed.der());
    put(KEY, "PRIVATE KEY", leaf_key.serialized_der());
}

/// RFC 7468: base64 in lines of 64 between two labels.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap());
    let body = lines.collect::<Vec<_>>().join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
