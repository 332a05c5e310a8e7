//! Accepts and refuses connections: every client gets an answer or is closed, whatever resource the server lacks.

use std::{
    io::{self, ErrorKind},
    iter,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::http::connections::descriptors::Spare;
use crate::rarely::Rarely;

/// The wait after a connection could not be accepted. Other connections end meanwhile.
const PAUSE: Duration = Duration::from_millis(10);
/// The shortest time between two log messages about it.
const SAID_EVERY: Duration = Duration::from_secs(10);
/// The longest time that a refused client may take to read its refusal.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// Refused clients that may read their refusal at the same time; more are just cut off.
const REFUSED_AT_A_TIME: usize = 32;

const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
    cache-control: no-store\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 42\r\n\r\n\
    The server is busy; try again in a moment.";

/// Accepts connections.
pub struct Acceptor {
    listener: TcpListener,
    spare: Spare,
    failed: Rarely,
    refusing: Arc<Semaphore>,
    refused: Rarely,
}

impl Acceptor {
    /// Returns an acceptor for this listener's connections.
    pub fn new(listener: TcpListener) -> Self {
        let refusing = Arc::new(Semaphore::new(REFUSED_AT_A_TIME));
        let [failed, refused] = [(); 2].map(|()| Rarely::new(SAID_EVERY));
        Self { listener, spare: Spare::open(), failed, refusing, refused }
    }

    /// Accepts the next connection.
    ///
    /// # Errors
    /// After a pause, if the process or the system lacks descriptors or memory, which other connections have to give
    /// back.
    pub async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            let error = match self.listener.accept().await {
                Ok(accepted) => return Ok(accepted),
                Err(error) => error,
            };
            // The client has gone in the meantime.
            if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) {
                continue;
            }
            if self.failed.is_due() {
                tracing::error!(%error, "no connection can be accepted; those that are idle are closed");
            }
            // Closing the connection is the only way left to refuse it.
            self.spare.lend(|| drop(self.listener.accept().now_or_never()));
            sleep(PAUSE).await;
            return Err(error);
        }
    }

    /// Accepts no more. Returns the connections that the system has accepted meanwhile, which would else be reset.
    pub fn end(self) -> Vec<(TcpStream, SocketAddr)> {
        // Without the runtime, which may not have heard of them yet.
        let listener = self.listener.into_std();
        let accepted = listener.iter().flat_map(|listener| iter::from_fn(|| listener.accept().ok()));
        let accepted = accepted.map(|(stream, peer)| {
            stream.set_nonblocking(true)?;
            io::Result::Ok((TcpStream::from_std(stream)?, peer))
        });
        accepted.flatten().collect()
    }

    /// Refuses a connection: sends the reason, if the client reads it, and closes the connection.
    pub fn refuse(&self, mut stream: TcpStream) {
        if self.refused.is_due() {
            tracing::warn!("connections are refused: as many as may be are being served, see --max-connections");
        }
        let Ok(place) = Arc::clone(&self.refusing).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let _place = place;
            // Closing while something is unread would discard the refusal.
            let said = async {
                stream.write_all(REFUSAL).await?;
                stream.shutdown().await?;
                while stream.read(&mut [0; 1024]).await? > 0 {}
                io::Result::Ok(())
            };
            _ = timeout(REFUSED_WITHIN, said).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::REFUSAL;

    #[test]
    fn refusal_is_as_long_as_it_says() {
        let text = std::str::from_utf8(REFUSAL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}\r\n", body.len()))
                || head.ends_with(&format!(": {}", body.len()))
        );
        assert!(head.contains(&format!("retry-after: {}\r\n", store::Error::RETRY_AFTER)));
    }
}
