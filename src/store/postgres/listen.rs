//! Hearing at once that the change log has grown: a connection of its own that listens.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
    sync::watch,
};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls};

use super::connect;
use crate::store::StoreError;

/// How long a lost connection, or a standby where nobody may listen, is left alone.
const AGAIN: Duration = Duration::from_secs(5);

/// Begins to listen; what is received counts what was heard. Where nothing is heard whoever waits
/// asks from time to time.
pub(super) fn begin(runtime: &Handle, address: String) -> watch::Receiver<u64> {
    let (heard, receiver) = watch::channel(0);
    runtime.spawn(async move {
        while !heard.is_closed() {
            // The reason is told by whoever asks next.
            listen(&address, &heard).await.ok();
            // Something may have been missed.
            heard.send_modify(|count| *count += 1);
            tokio::time::sleep(AGAIN).await;
        }
    });
    receiver
}

/// Listens until the connection ends.
async fn listen(address: &str, heard: &watch::Sender<u64>) -> Result<(), StoreError> {
    let config = connect::config(address)?;
    match connect::tls(&config)? {
        Some(tls) => {
            let (client, connection) = config.connect(tls).await?;
            hear(&client, connection, heard).await
        }
        None => {
            let (client, connection) = config.connect(NoTls).await?;
            hear(&client, connection, heard).await
        }
    }
}

async fn hear<S, T>(
    client: &Client,
    mut connection: Connection<S, T>,
    heard: &watch::Sender<u64>,
) -> Result<(), StoreError>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
    let passing_on = async {
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(_) = message? {
                heard.send_modify(|count| *count += 1);
            }
        }
        Ok(())
    };
    let listening = async {
        client.batch_execute("listen suitu").await?;
        // Until the connection, which the other half drives, ends.
        std::future::pending::<Result<(), StoreError>>().await
    };
    tokio::select! {
        ended = passing_on => ended,
        refused = listening => refused,
    }
}
