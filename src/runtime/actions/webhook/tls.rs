//! TLS for https: it trusts the certificate authorities of the system. There is no way to switch the check off.

use ureq::tls::TlsConfig;

use crate::core::actions::substitution::VariableLookup;
#[cfg(target_os = "linux")]
use crate::core::text::actions::webhook as text;

/// The client configuration: rustls with the system's certificates, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR` if
/// `environment` has them, as OpenSSL does.
#[cfg(target_os = "linux")]
pub fn config(environment: &VariableLookup) -> Result<TlsConfig, String> {
    use std::path::Path;
    use std::sync::Arc;

    use rustls_native_certs::{load_certs_from_paths, load_native_certs};
    use ureq::tls::{Certificate, RootCerts};

    let (file, folders) = (environment("SSL_CERT_FILE"), environment("SSL_CERT_DIR"));
    let found = if file.is_none() && folders.is_none() {
        load_native_certs().certs
    } else {
        let mut found = load_certs_from_paths(file.as_deref().map(Path::new), None).certs;
        for folder in folders.iter().flat_map(|folders| folders.split(':')).filter(|folder| !folder.is_empty()) {
            found.extend(load_certs_from_paths(None, Some(Path::new(folder))).certs);
        }
        found
    };
    if found.is_empty() {
        return Err(text::NO_CERTIFICATES.into());
    }
    let roots = found.iter().map(|certificate| Certificate::from_der(certificate)).map(|c| c.to_owned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots.collect::<Vec<_>>()));
    Ok(config.unversioned_rustls_crypto_provider(provider).build())
}

/// The client configuration: the system checks certificates, with those of its keychains.
#[cfg(target_os = "macos")]
pub fn config(_: &VariableLookup) -> Result<TlsConfig, String> {
    use ureq::tls::{RootCerts, TlsProvider};

    Ok(TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier).build())
}

/// The problem of the server's certificate, in the same words every time; `None` if `error` is another.
#[cfg(target_os = "linux")]
pub fn certificate_error(error: &ureq::Error) -> Option<String> {
    use rustls::CertificateError::{BadEncoding, BadSignature, Expired, ExpiredContext, Other, Revoked};
    use rustls::CertificateError::{InvalidPurpose, InvalidPurposeContext, NotValidForName, NotValidForNameContext};
    use rustls::CertificateError::{NotValidYet, NotValidYetContext, UnhandledCriticalExtension, UnknownIssuer};
    use rustls::CertificateError::{
        UnsupportedSignatureAlgorithmContext, UnsupportedSignatureAlgorithmForPublicKeyContext,
    };

    let rustls::Error::InvalidCertificate(problem) = of_rustls(error)? else { return None };
    let problem = match problem {
        Expired | ExpiredContext { .. } => text::EXPIRED,
        NotValidYet | NotValidYetContext { .. } => text::NOT_VALID_YET,
        NotValidForName | NotValidForNameContext { .. } => text::OTHER_NAME,
        UnknownIssuer => text::UNKNOWN_ISSUER,
        BadSignature => text::BAD_SIGNATURE,
        BadEncoding => text::BROKEN_CERTIFICATE,
        Revoked => text::REVOKED,
        InvalidPurpose | InvalidPurposeContext { .. } => text::OTHER_PURPOSE,
        UnhandledCriticalExtension => text::UNKNOWN_EXTENSION,
        UnsupportedSignatureAlgorithmContext { .. } | UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            text::OLD_SIGNATURE
        }
        Other(other) => match other.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => text::OF_AUTHORITY,
            Some(webpki::Error::UnsupportedCertVersion) => text::OLD_VERSION,
            _ => text::UNUSABLE_CERTIFICATE,
        },
        _ => text::UNUSABLE_CERTIFICATE,
    };
    Some(problem.into())
}

/// The problem of a handshake, in words of our own: those of rustls hold names of its types. `None` if `error` is another.
#[cfg(target_os = "linux")]
pub fn problem(error: &ureq::Error) -> Option<String> {
    use rustls::Error::{AlertReceived, InappropriateHandshakeMessage, InappropriateMessage, InvalidMessage};
    use rustls::Error::{NoApplicationProtocol, PeerIncompatible};

    let problem = match of_rustls(error)? {
        InvalidMessage(_) | InappropriateMessage { .. } | InappropriateHandshakeMessage { .. } => text::NO_TLS,
        AlertReceived(_) => text::HANDSHAKE_REFUSED,
        PeerIncompatible(_) | NoApplicationProtocol => text::NOTHING_IN_COMMON,
        _ => text::HANDSHAKE_FAILED,
    };
    Some(problem.into())
}

/// The same on macOS, where the system has words for it: always `None`.
#[cfg(target_os = "macos")]
pub fn problem(_: &ureq::Error) -> Option<String> {
    None
}

/// Whether `error` is one of TLS.
#[cfg(target_os = "linux")]
pub fn is_of_tls(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Tls(_)) || of_rustls(error).is_some()
}

/// The error of rustls, which an error of the connection may wrap.
#[cfg(target_os = "linux")]
fn of_rustls(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

/// Whether `error` is one of TLS.
#[cfg(target_os = "macos")]
pub fn is_of_tls(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Tls(_) | ureq::Error::NativeTls(_))
}

/// The problem of the server's certificate, in the system's words; `None` if `error` is another.
#[cfg(target_os = "macos")]
pub fn certificate_error(error: &ureq::Error) -> Option<String> {
    let ureq::Error::NativeTls(error) = error else { return None };
    let text = error.to_string();
    // Security.framework has numbers for it, which native-tls does not pass on; its texts all say "certificate".
    text.to_lowercase().contains("certificate").then_some(text)
}
