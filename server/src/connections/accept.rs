//! How connections are accepted, and refused: nobody waits without an answer, whatever the server lacks.

use std::{
    io::{self, ErrorKind},
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

use super::descriptors::Spare;
use crate::rarely::Rarely;

/// How long to wait where no connection can be accepted. Meanwhile others end.
const PAUSE: Duration = Duration::from_millis(10);
/// How often at most the log says so.
const SAID_EVERY: Duration = Duration::from_secs(10);
/// How long a refused client may take to read that it is.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// Refused clients at the same time that may read so; more are just cut off.
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
    /// Accepts those of this listener.
    pub fn new(listener: TcpListener) -> Self {
        let refusing = Arc::new(Semaphore::new(REFUSED_AT_A_TIME));
        let [failed, refused] = [(); 2].map(|()| Rarely::new(SAID_EVERY));
        Self { listener, spare: Spare::open(), failed, refusing, refused }
    }

    /// Accepts the next connection.
    ///
    /// # Errors
    /// Where the process or the system lacks something for it, after a pause: descriptors or memory, which other
    /// connections have to give back.
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
            // The connection is refused in the only way there is: closed.
            self.spare.lend(|| drop(self.listener.accept().now_or_never()));
            sleep(PAUSE).await;
            return Err(error);
        }
    }

    /// Refuses a connection: says why, if the client listens, and closes it.
    pub fn refuse(&self, mut stream: TcpStream) {
        if self.refused.is_due() {
            tracing::warn!("connections are refused: as many as may be are being served, see --max-connections");
        }
        let Ok(place) = Arc::clone(&self.refusing).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let _place = place;
            // To close while there is something unread would take the refusal back.
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
