//! https: trusted certificates, and the proxy in between. openssl makes the certificates of each test.
//!
//! On macOS only the keychains decide which authorities are trusted, and a test does not write to those: refusals are tested
//! there, acceptance is not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::server::Server;
use super::*;

/// A certificate authority of our own.
pub struct Authority {
    folder: tempfile::TempDir,
}

// The tests of the desktop use all of it; without them some of it goes unused.
#[cfg_attr(not(all(target_os = "linux", feature = "menu-bar")), allow(dead_code))]
impl Authority {
    pub fn new() -> Authority {
        let authority = Authority { folder: tempfile::tempdir().unwrap() };
        // No two have the same name: an issuer is found by it.
        let name = authority.folder.path().file_name().unwrap().to_str().unwrap();
        authority.openssl(&format!(
            "req -x509 {NEW_KEY} -keyout ca.key -out ca.pem -days 2 -subj /CN={name} -config ca.cnf"
        ));
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs openssl in the folder, with the configuration that its command names.
    fn openssl(&self, arguments: &str) {
        let of_a_ca = "[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n\
                       subjectKeyIdentifier=hash\nkeyUsage=critical,keyCertSign\n\
                       [issuing]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n\
                       certificate=ca.pem\nprivate_key=ca.key\n[any]\ncommonName=supplied\n";
        fs::write(self.path("ca.cnf"), of_a_ca).unwrap();
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The file with its own certificate.
    pub fn certificates(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// A web server with a certificate of this authority for `names`, valid between these times.
    fn server(&self, names: &str, from: &str, to: &str) -> Server {
        self.issue(names, from, to);
        Server::with_tls(&[], &self.path("server.pem"), &self.path("server.key"))
    }

    /// A server for this machine's name which answers these paths with these texts.
    pub fn server_knowing(&self, texts: &[(&str, &str)]) -> Server {
        self.issue("DNS:localhost", BEFORE, AFTER);
        Server::with_tls(texts, &self.path("server.pem"), &self.path("server.key"))
    }

    fn issue(&self, names: &str, from: &str, to: &str) {
        let extensions = format!("basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName={names}\n");
        fs::write(self.path("server.ext"), extensions).unwrap();
        fs::write(self.path("index.txt"), "").unwrap();
        fs::write(self.path("serial"), "1000\n").unwrap();
        self.openssl(&format!("req -new {NEW_KEY} -keyout server.key -out server.csr -subj /CN=server -config ca.cnf"));
        let issue = "ca -batch -notext -config ca.cnf -name issuing -in server.csr -out server.pem -extfile server.ext";
        self.openssl(&format!("{issue} -startdate {from} -enddate {to}"));
    }

    /// A server for this machine's name and IP address.
    fn good_server(&self) -> Server {
        self.server("DNS:localhost,IP:127.0.0.1", BEFORE, AFTER)
    }
}

/// Understood by OpenSSL and by LibreSSL, which is the openssl of macOS.
const NEW_KEY: &str = "-newkey rsa:2048 -nodes";
const BEFORE: &str = "250101000000Z";
const AFTER: &str = "491231000000Z";

/// Sends to `url` where `SSL_CERT_FILE` names `trusted`.
fn send_trusting(url: &str, trusted: Option<&Path>) -> Exchange {
    let file = trusted.map(|path| path.to_str().unwrap().to_owned());
    let environment = |name: &str| file.clone().filter(|_| name == "SSL_CERT_FILE");
    send_from(&action(url, &[], SOON), &message(Preset::Json), &environment)
}

fn https(server: &Server, host: &str) -> String {
    format!("https://{host}:{}/x", server.port())
}

#[test]
fn an_unknown_authority_is_refused() {
    let authority = Authority::new();
    let server = authority.good_server();
    let failure = send_trusting(&https(&server, "localhost"), None).outcome.unwrap_err();
    assert!(failure.text.starts_with("'localhost' has no certificate that can be trusted: "), "{failure:?}");
    assert!(failure.is_retryable, "a network that wants a login shows such a certificate");
    assert!(!server.requests(0).contains(&"POST /x".to_owned()), "nothing was sent");
}

#[cfg(target_os = "linux")]
#[test]
fn an_authority_that_the_environment_adds_is_trusted() {
    let authority = Authority::new();
    let server = authority.good_server();
    for host in ["localhost", "127.0.0.1"] {
        let exchange = send_trusting(&https(&server, host), Some(&authority.path("ca.pem")));
        assert_eq!(exchange.outcome, Ok(()), "{host}");
    }
    assert_eq!(server.requests(2), ["POST /x", "POST /x"]);
    let folder = authority.path("trusted");
    fs::create_dir(&folder).unwrap();
    fs::copy(authority.path("ca.pem"), folder.join("ca.pem")).unwrap();
    let folders = format!("/nowhere:{}", folder.display());
    let environment = |name: &str| (name == "SSL_CERT_DIR").then(|| folders.clone());
    let action = action(&https(&server, "localhost"), &[], SOON);
    assert_eq!(send_from(&action, &message(Preset::Json), &environment).outcome, Ok(()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_certificate_for_another_name_or_time_is_refused() {
    let authority = Authority::new();
    let ca = authority.path("ca.pem");
    for (names, from, to, problem) in [
        ("DNS:other.example.com", BEFORE, AFTER, "it is for another name"),
        ("DNS:localhost", "200101000000Z", BEFORE, "it has expired"),
        ("DNS:localhost", "480101000000Z", AFTER, "it is not valid yet"),
    ] {
        let server = authority.server(names, from, to);
        let failure = send_trusting(&https(&server, "localhost"), Some(&ca)).outcome.unwrap_err();
        assert_eq!(failure.text, format!("'localhost' has no certificate that can be trusted: {problem}"));
    }
    let other = Authority::new();
    let server = authority.good_server();
    let failure = send_trusting(&https(&server, "localhost"), Some(&other.path("ca.pem"))).outcome.unwrap_err();
    assert!(failure.text.ends_with("trusted: this system does not know its issuer"), "{failure:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_trusted_certificates_nothing_is_sent() {
    let server = Server::start();
    let failure = send_trusting(&https(&server, "localhost"), Some(Path::new("/nowhere"))).outcome.unwrap_err();
    assert!(failure.text.starts_with("no certificates were found that https could trust; "), "{failure:?}");
    assert_eq!(server.requests(0), [""; 0]);
}

#[test]
fn a_server_without_tls_is_no_secure_connection() {
    let server = Server::start();
    let failure = send_trusting(&https(&server, "localhost"), None).outcome.unwrap_err();
    assert!(failure.text.contains(" secure connection to 'localhost'") && failure.is_retryable, "{failure:?}");
    #[cfg(target_os = "linux")]
    assert!(
        failure
            .text
            .ends_with(": it does not speak TLS on this port: is the address one for http://, or the port another?")
    );
}

/// A certificate that signs itself, as `openssl req -x509` makes it, with or without the mark of an authority.
#[cfg(target_os = "linux")]
fn self_signed(authority: &Authority, is_authority: bool) -> Server {
    let ca = if is_authority { "TRUE" } else { "FALSE" };
    let extensions = format!("-addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:{ca}");
    authority.openssl(&format!("req -x509 {NEW_KEY} -keyout own.key -out own.pem -days 2 -subj /CN=own {extensions}"));
    Server::with_tls(&[], &authority.path("own.pem"), &authority.path("own.key"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_trusted_certificate_that_signs_itself_is_taken_and_that_of_an_authority_is_refused_with_the_way_out() {
    let authority = Authority::new();
    let own = authority.path("own.pem");
    let server = self_signed(&authority, false);
    assert_eq!(send_trusting(&https(&server, "localhost"), Some(&own)).outcome, Ok(()));
    drop(server);
    let server = self_signed(&authority, true);
    let failure = send_trusting(&https(&server, "localhost"), Some(&own)).outcome.unwrap_err();
    let begin = "'localhost' has no certificate that can be trusted: it is that of an authority (CA:TRUE), which cannot be a \
                 server's own: make one with 'openssl req -x509 ";
    assert!(failure.text.starts_with(begin) && failure.text.ends_with(", and trust that one"), "{failure:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn https_uses_the_proxy_of_the_environment() {
    let (authority, proxy) = (Authority::new(), Server::start());
    let server = authority.good_server();
    let (ca, address) = (authority.path("ca.pem").to_str().unwrap().to_owned(), proxy.url(""));
    let send = |exceptions: &str| {
        let environment = |name: &str| match name {
            "SSL_CERT_FILE" => Some(ca.clone()),
            "HTTPS_PROXY" => Some(address.replace("//", "//me:pass@")),
            "NO_PROXY" => Some(exceptions.to_owned()),
            _ => None,
        };
        send_from(&action(&https(&server, "localhost"), &[], SOON), &message(Preset::Json), &environment).outcome
    };
    assert_eq!(send("other.example.com"), Ok(()));
    assert_eq!(proxy.requests(1), [format!("CONNECT localhost:{}", server.port())]);
    assert_eq!(proxy.request(0)["headers"]["Proxy-Authorization"], "Basic bWU6cGFzcw==");
    assert_eq!(send("localhost"), Ok(()));
    assert_eq!((server.requests(2).len(), proxy.requests(0).len()), (2, 1), "the second went straight there");
}

#[test]
fn an_unreachable_proxy_is_named() {
    let environment = |name: &str| (name == "ALL_PROXY").then(|| "http://me:pass@127.0.0.1:1".to_owned());
    let action = action("https://hooks.example.com/x", &[], SOON);
    let failure = send_from(&action, &message(Preset::Json), &environment).outcome.unwrap_err();
    let text = "no connection to 'hooks.example.com' through the proxy '127.0.0.1:1': ";
    assert!(failure.text.starts_with(text) && failure.is_retryable && !failure.text.contains("pass@"), "{failure:?}");
}
