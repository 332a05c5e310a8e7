//! The client of the benchmarks at the gate: a connection with one call under way.

use std::{io, net::SocketAddr, ops::Range, str};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The longest answer that a client takes, in bytes.
const LONGEST: usize = 32 * 1024;

/// Returns a request with these credentials. Each of `headers` ends its own line.
pub fn request(method: &str, path: &str, sid: &str, secret: &str, headers: &str) -> Vec<u8> {
    let credentials = STANDARD.encode(format!("{sid}:{secret}"));
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n\
         {headers}\r\n"
    )
    .into_bytes()
}

/// Returns a request that asks whether a call with these credentials may go on.
pub fn authorize(sid: &str, secret: &str) -> Vec<u8> {
    let original = format!("X-Original-Method: GET\r\nX-Original-URI: /Agencies/{sid}/CompanyInformation\r\n");
    request("GET", "/authorize", sid, secret, &original)
}

/// A connection that stays open from call to call.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    received: usize,
}

/// An answer, with its whole body.
pub struct Answer<'c> {
    pub status: u16,
    pub body: &'c [u8],
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; LONGEST], received: 0 })
    }

    /// Sends a request and waits for all of its answer.
    pub async fn call(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends a request.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.received = 0;
        self.stream.write_all(request).await
    }

    /// Waits for all of an answer.
    pub async fn receive(&mut self) -> io::Result<Answer<'_>> {
        let (status, body) = loop {
            let read = self.stream.read(&mut self.buffer[self.received..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.received += read;
            if let Some(whole) = whole(&self.buffer[..self.received]) {
                break whole;
            }
        };
        Ok(Answer { status, body: &self.buffer[body] })
    }

    /// Returns whether any of the last answer has arrived.
    pub fn has_received(&self) -> bool {
        self.received > 0
    }
}

/// Returns the status of an answer and the place of its body, once all of it is there.
fn whole(answer: &[u8]) -> Option<(u16, Range<usize>)> {
    let begin = answer.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let head = str::from_utf8(&answer[..begin]).ok()?;
    let status = head.get(9..12)?.parse().ok()?;
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
    let end = begin + length.map_or(Some(0), |length| length.parse::<usize>().ok())?;
    (answer.len() >= end).then_some((status, begin..end))
}
