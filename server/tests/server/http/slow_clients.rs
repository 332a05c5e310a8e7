//! Slow clients: they are cut off after a while, whatever they send meanwhile.

use std::{
    future::pending,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
};
use hyper::body::Frame;
use server::{
    gate::{self, Settings},
    http::connections::{self, Timeouts},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::{interval, timeout},
};

use crate::support::test_app::{TestApp, basic, company_information};

/// The timeouts for clients that are meant to be too slow.
const PATIENCE: Timeouts = Timeouts { head: Duration::from_millis(300), reading: Duration::from_millis(300) };

/// The timeouts for clients that are only as slow as the machine, which may be busy.
const AMPLE: Timeouts = Timeouts { head: Duration::from_secs(5), reading: Duration::from_secs(5) };

fn settings(timeouts: Timeouts) -> connections::Settings {
    connections::Settings { timeouts, ..connections::Settings::new(gate::has_path) }
}

/// Serves the app's gate on a separate address with these timeouts, and returns the address.
async fn gate(
    app: &TestApp,
    patience: Timeouts,
    shutdown_signal: impl Future<Output = ()> + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = gate::router(app.store.clone(), &Settings::default());
    tokio::spawn(connections::serve(listener, router, settings(patience), shutdown_signal));
    address
}

/// Sends the text and then a letter repeatedly until the connection ends. Returns the answer.
async fn dribble(address: SocketAddr, text: &str) -> String {
    let (mut reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
    writing.write_all(text.as_bytes()).await.unwrap();
    let sending = tokio::spawn(async move {
        let mut pace = interval(Duration::from_millis(20));
        loop {
            pace.tick().await;
            if writing.write_all(b"x").await.is_err() {
                break;
            }
        }
    });
    let answer = end_of(&mut reading).await;
    sending.abort();
    answer
}

/// Returns the answer until the connection ends. The connection may be reset if it was cut off while the client was
/// sending.
async fn end_of(reading: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    let ended = timeout(Duration::from_mins(1), reading.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "the connection is still open");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_head_that_does_not_arrive_in_time_ends_the_connection() {
    let app = TestApp::open().await;
    let address = gate(&app, PATIENCE, pending()).await;
    for text in ["G", "GET /Agencies HTTP/1.1\r\nHost: x\r\nX-Slow: ", "GET /Agen"] {
        let began = Instant::now();
        assert_eq!(dribble(address, text).await, "", "{text}");
        assert!(began.elapsed() >= PATIENCE.head);
    }
    let mut silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(end_of(&mut silent).await, "");
}

/// An answer without end. Dropping it closes the channel.
struct Endless(#[allow(dead_code)] oneshot::Sender<()>);

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; 1 << 16])))))
    }
}

#[tokio::test]
async fn client_that_reads_no_answer_is_cut_off() {
    let (dropped, cut_off) = oneshot::channel();
    let answer = Arc::new(Mutex::new(Some(Endless(dropped))));
    let router = Router::new().fallback(move || {
        let answer = answer.lock().unwrap().take();
        async move { Body::new(answer.unwrap()) }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(connections::serve(listener, router, settings(PATIENCE), pending()));
    let mut connection = TcpStream::connect(address).await.unwrap();
    let began = Instant::now(); // before the server can begin to wait
    connection.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let gone = timeout(Duration::from_mins(1), cut_off).await;
    assert!(gone.is_ok(), "the answer is still held");
    assert!(began.elapsed() >= PATIENCE.reading);
}

#[tokio::test]
async fn idle_connection_is_closed_after_its_answer() {
    let app = TestApp::open().await;
    let mut connection = TcpStream::connect(gate(&app, AMPLE, pending()).await).await.unwrap();
    let sid = &app.issued.token.sid;
    let (path, credentials) = (company_information(sid), basic(sid, &app.issued.secret));
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {credentials}\r\n\r\n");
    for _ in 0..2 {
        connection.write_all(request.as_bytes()).await.unwrap();
    }
    let answers = end_of(&mut connection).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
}

#[tokio::test]
async fn server_at_shutdown_closes_idle_connections() {
    let app = TestApp::open().await;
    let (end, shutdown_signal) = oneshot::channel::<()>();
    let address = gate(&app, AMPLE, async { drop(shutdown_signal.await) }).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 15];
    connection.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    end.send(()).unwrap();
    assert!(end_of(&mut connection).await.ends_with('}'), "the answer is whole");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "current_thread")]
async fn calls_on_new_connections_are_answered_when_the_server_ends() {
    let app = TestApp::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let call = || async {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {} HTTP/1.1\r\nHost: x\r\n", company_information(&app.issued.token.sid));
        let credentials = basic(&app.issued.token.sid, &app.issued.secret);
        connection.write_all(format!("{head}Authorization: {credentials}\r\n\r\n").as_bytes()).await.unwrap();
        connection
    };
    // Connected before the server accepts any, and it ends at once.
    let mut connections = Vec::new();
    for _ in 0..20 {
        connections.push(call().await);
    }
    let mut silent = TcpStream::connect(address).await.unwrap();
    let router = gate::router(app.store.clone(), &Settings::default());
    let serving = tokio::spawn(connections::serve(listener, router, settings(AMPLE), async {}));
    for mut connection in connections {
        let answer = end_of(&mut connection).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert_eq!(end_of(&mut silent).await, "", "a silent one does not keep it from ending");
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "it accepts no more");
}
