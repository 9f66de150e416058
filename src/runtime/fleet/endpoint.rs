//! The endpoint as the app sees it: on while the settings want it, else without a thread and a socket.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::listener::Listener;
use crate::core::fleet::endpoint::EndpointOptions;
use crate::core::fleet::snapshot::MetricsSnapshot;
use crate::core::settings::Settings;
use crate::core::text::fleet::endpoint as text;
use crate::runtime::inbox::Inbox;
use crate::runtime::service::failures;

/// An address that could not be listened on is tried again after so long: at the start of a machine its network comes late.
const RETRY_INTERVAL: Duration = Duration::from_secs(30);

/// The endpoint of a run.
pub struct Endpoint {
    inbox: Arc<Inbox>,
    /// The options by the latest settings; `None` before the first ones.
    wanted: Option<Result<Option<EndpointOptions>, String>>,
    running: Option<RunningEndpoint>,
    /// The time of the next attempt after a failed one, on the monotonic clock.
    retry_at: Duration,
}

/// The result of a change: the address that is served now, `None` where none is wanted, or the problem.
pub type Served = Result<Option<SocketAddr>, String>;

impl Endpoint {
    /// An endpoint that is off. It asks for values by the inbox.
    pub fn new(inbox: Arc<Inbox>) -> Endpoint {
        Endpoint { inbox, wanted: None, running: None, retry_at: Duration::ZERO }
    }

    /// Starts, stops or changes the endpoint as the settings want it. `None` where nothing has changed.
    pub fn apply(&mut self, settings: &Settings, now: Duration) -> Option<Served> {
        let wanted = EndpointOptions::of(settings, &|name| std::env::var(name).ok());
        if self.wanted.as_ref() == Some(&wanted) {
            return None;
        }
        // The address must be free before it is taken again.
        self.running = None;
        self.wanted = Some(wanted);
        Some(self.start(now))
    }

    /// Tries again to listen on an address that could not be had. `None` where no attempt is due.
    pub fn retry_if_due(&mut self, now: Duration) -> Option<Served> {
        let is_due = self.running.is_none() && matches!(self.wanted, Some(Ok(Some(_)))) && now >= self.retry_at;
        is_due.then(|| self.start(now))
    }

    /// Gives the endpoint the values that it has asked for.
    pub fn answer(&self, snapshot: MetricsSnapshot) {
        if let Some(running) = &self.running {
            *running.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
            running.wake();
        }
    }

    fn start(&mut self, now: Duration) -> Served {
        let Some(options) = self.wanted.clone().transpose()?.flatten() else { return Ok(None) };
        self.retry_at = now + RETRY_INTERVAL;
        let running = RunningEndpoint::start(options, &self.inbox)?;
        let address = running.address;
        self.running = Some(running);
        Ok(Some(address))
    }
}

/// A thread that listens. Its end is waited for: it never blocks but to wait for a request, and is woken for its end.
struct RunningEndpoint {
    address: SocketAddr,
    slot: Arc<Mutex<Option<MetricsSnapshot>>>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl RunningEndpoint {
    fn start(options: EndpointOptions, inbox: &Arc<Inbox>) -> Result<RunningEndpoint, String> {
        let not_listening = |error| text::not_listening(options.address, error);
        let socket = TcpListener::bind(options.address).map_err(not_listening)?;
        socket.set_nonblocking(true).map_err(not_listening)?;
        let address = socket.local_addr().map_err(not_listening)?;
        let (wake, woken) = UnixStream::pair().map_err(not_listening)?;
        wake.set_nonblocking(true).and_then(|()| woken.set_nonblocking(true)).map_err(not_listening)?;
        let slot = Arc::new(Mutex::new(None));
        let listener = Listener::new(socket, options, woken, Arc::clone(&slot), Arc::clone(inbox));
        let thread = failures::spawn("metrics", || listener.run()).map_err(text::no_thread)?;
        Ok(RunningEndpoint { address, slot, wake, thread: Some(thread) })
    }

    fn wake(&self) {
        // A full pipe wakes the thread as well.
        let _ = (&self.wake).write(&[1]);
    }
}

impl Drop for RunningEndpoint {
    fn drop(&mut self) {
        let _ = self.wake.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpStream;

    use super::*;
    use crate::core::fleet::once;
    use crate::core::settings::Overrides;
    use crate::core::settings::metrics::MetricsSettings;
    use crate::runtime::inbox::Input;

    const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

    fn listen(address: SocketAddr) -> Settings {
        let metrics = MetricsSettings { listen: Some(address), ..MetricsSettings::DEFAULT };
        Settings { metrics, ..Settings::DEFAULT }
    }

    fn serving() -> (Endpoint, Arc<Inbox>, SocketAddr) {
        let inbox = Arc::new(Inbox::default());
        let mut endpoint = Endpoint::new(Arc::clone(&inbox));
        let served = endpoint.apply(&listen("127.0.0.1:0".parse().unwrap()), Duration::ZERO);
        (endpoint, inbox, served.unwrap().unwrap().unwrap())
    }

    fn request(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(REQUEST).unwrap();
        stream
    }

    fn response(mut stream: TcpStream) -> String {
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    #[test]
    fn an_address_that_is_taken_is_tried_again_after_half_a_minute() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = holder.local_addr().unwrap();
        let mut endpoint = Endpoint::new(Arc::default());
        let at = Duration::from_secs;
        let problem = endpoint.apply(&listen(address), at(5)).unwrap().unwrap_err();
        assert!(problem.starts_with(&format!("metrics are not served: could not listen on {address}: ")), "{problem}");
        assert_eq!(endpoint.apply(&listen(address), at(6)), None, "the same settings again");
        assert_eq!(endpoint.retry_if_due(at(34)), None);
        assert_eq!(endpoint.retry_if_due(at(35)), Some(Err(problem)));
        drop(holder);
        assert_eq!(endpoint.retry_if_due(at(64)), None);
        assert_eq!(endpoint.retry_if_due(at(65)), Some(Ok(Some(address))));
        assert_eq!(endpoint.retry_if_due(at(1000)), None);
        assert_eq!(endpoint.apply(&Settings::DEFAULT, at(1001)), Some(Ok(None)));
        assert!(TcpStream::connect(address).is_err(), "nothing listens any more");
        assert_eq!(endpoint.retry_if_due(at(2000)), None);
    }

    #[test]
    fn the_app_is_asked_once_for_all_that_wait() {
        let (endpoint, inbox, address) = serving();
        let first = request(address);
        assert_eq!(inbox.receive(), Some(Input::MetricsWanted));
        let mut second = request(address);
        second.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        assert!(second.read(&mut [0]).is_err(), "there are no values yet");
        assert!(inbox.is_empty(), "one question is enough");
        endpoint.answer(once::snapshot(Settings::DEFAULT, Overrides::default(), &[]));
        for stream in [first, second] {
            stream.set_read_timeout(None).unwrap();
            assert!(response(stream).starts_with("HTTP/1.1 200 OK\r\n"));
        }
        assert!(inbox.is_empty());
        let _third = request(address);
        assert_eq!(inbox.receive(), Some(Input::MetricsWanted));
    }

    #[test]
    fn an_app_that_does_not_answer_or_has_ended_is_told_to_whoever_asks() {
        let (_endpoint, inbox, address) = serving();
        assert!(response(request(address)).starts_with("HTTP/1.1 503 "), "after two seconds");
        inbox.close();
        assert!(response(request(address)).starts_with("HTTP/1.1 503 "), "at once");
    }
}
