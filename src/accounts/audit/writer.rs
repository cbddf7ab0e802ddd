//! One thread writes the record, so that nobody who looks at the map waits for a disk.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::oneshot;

use super::{Entry, Syslog, chain::Chain, reserve::Reserve};
use crate::accounts::AccountError;

/// How many rows wait for the disk at most; whoever comes then waits too.
const WAITING: usize = 4096;

/// How many rows one transaction writes at most.
const BATCH: usize = 512;

/// How often sums of past minutes are looked for.
const TICK: Duration = Duration::from_millis(1000);

const MINUTE_MS: i64 = 60_000;

/// How many sums of a minute are told apart.
const MOST_SUMS: usize = 10_000;

/// Takes down what is done. A clone is of the same record.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sender: Mutex<Option<mpsc::SyncSender<Message>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    sums: Arc<Mutex<HashMap<Entry, u64>>>,
    is_sound: Arc<AtomicBool>,
}

struct Message {
    entry: Entry,
    /// Told when the row is on disk.
    written: Option<oneshot::Sender<()>>,
}

impl Recorder {
    /// Begins to write into the file at `path`, and to `syslog` where there is one.
    ///
    /// # Errors
    /// The file cannot be opened or is read-only.
    pub fn start(path: &Path, syslog: Option<Syslog>) -> Result<Self, AccountError> {
        let chain = Chain::open(path)?;
        chain.check_writable()?;
        let (sender, receiver) = mpsc::sync_channel(WAITING);
        let sums = Arc::default();
        let mut reserve = Reserve::of(path);
        let is_sound = Arc::new(AtomicBool::new(reserve.keep()));
        let mut writer = Writer {
            chain,
            reserve,
            receiver,
            sums: Arc::clone(&sums),
            is_sound: is_sound.clone(),
            syslog,
            unwritten: Vec::new(),
        };
        let thread = std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || writer.run())
            .map_err(|e| AccountError::Backend(e.to_string()))?;
        Ok(Recorder(Arc::new(Inner {
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            sums,
            is_sound,
        })))
    }

    /// Whether everything so far could be written: where not, nothing more may be done.
    pub fn is_sound(&self) -> bool {
        self.0.is_sound.load(Ordering::Relaxed)
    }

    /// Counts it among those of the same minute; its time is cut to that.
    pub fn sum(&self, mut entry: Entry) {
        entry.at_ms -= entry.at_ms.rem_euclid(MINUTE_MS);
        self.count(entry);
    }

    /// Takes down what is done seldom, at its own time; it is written when its minute is over.
    pub fn note(&self, entry: Entry) {
        self.count(entry);
    }

    fn count(&self, mut entry: Entry) {
        let mut sums = lock(&self.0.sums);
        if sums.len() >= MOST_SUMS && !sums.contains_key(&entry) {
            // So many at once are an attack: their number and kind still show.
            entry.origin = "…".into();
            entry.subject = "…".into();
        }
        *sums.entry(entry).or_default() += 1;
    }

    /// Writes a row soon.
    pub async fn row(&self, entry: Entry) {
        self.send(Message {
            entry,
            written: None,
        })
        .await;
    }

    /// Writes a row and waits until it is on disk; whether it is.
    pub async fn wait(&self, entry: Entry) -> bool {
        let (written, done) = oneshot::channel();
        self.send(Message {
            entry,
            written: Some(written),
        })
        .await;
        done.await.is_ok()
    }

    async fn send(&self, message: Message) {
        let sender = lock(&self.0.sender).clone();
        let Some(sender) = sender else {
            self.0.is_sound.store(false, Ordering::Relaxed);
            return;
        };
        let sent = match sender.try_send(message) {
            Err(mpsc::TrySendError::Full(message)) => {
                let sent = tokio::task::spawn_blocking(move || sender.send(message).is_ok());
                sent.await.unwrap_or(false)
            }
            sent => sent.is_ok(),
        };
        if !sent {
            self.0.is_sound.store(false, Ordering::Relaxed);
        }
    }

    /// Writes whatever waits and stops: the program ends.
    pub fn stop(&self) {
        drop(lock(&self.0.sender).take());
        if let Some(thread) = lock(&self.0.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the record was not written to its end");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(lock(&self.sender).take());
        if let Some(thread) = lock(&self.thread).take() {
            thread.join().ok();
        }
    }
}

struct Writer {
    chain: Chain,
    reserve: Reserve,
    receiver: mpsc::Receiver<Message>,
    sums: Arc<Mutex<HashMap<Entry, u64>>>,
    is_sound: Arc<AtomicBool>,
    syslog: Option<Syslog>,
    /// What the disk did not take: it comes first when it does again.
    unwritten: Vec<Entry>,
}

impl Writer {
    fn run(&mut self) {
        loop {
            let first = self.receiver.recv_timeout(TICK);
            let is_closed = matches!(first, Err(mpsc::RecvTimeoutError::Disconnected));
            let mut messages: Vec<Message> = first.into_iter().collect();
            while messages.len() < BATCH
                && let Ok(message) = self.receiver.try_recv()
            {
                messages.push(message);
            }
            let now_ms = crate::clock::unix_ms();
            let mut entries = std::mem::take(&mut self.unwritten);
            entries.extend(self.take_sums(now_ms, is_closed));
            let mut waiters = Vec::new();
            for message in messages {
                entries.push(message.entry);
                waiters.extend(message.written);
            }
            match entries.is_empty() {
                true => self.is_sound.store(self.reserve.keep(), Ordering::Relaxed),
                false => self.write(entries, waiters),
            }
            if is_closed {
                return;
            }
        }
    }

    /// The sums of minutes that are over, all of them at the end; in an order of their own.
    fn take_sums(&self, now_ms: i64, all: bool) -> Vec<Entry> {
        let minute = now_ms - now_ms.rem_euclid(MINUTE_MS);
        let mut sums = lock(&self.sums);
        let over = |entry: &Entry| all || entry.at_ms < minute;
        let taken = sums.extract_if(|entry, _| over(entry));
        let taken = taken.map(|(entry, times)| Entry { times, ..entry });
        let mut taken: Vec<Entry> = taken.collect();
        drop(sums);
        taken.sort();
        taken
    }

    fn write(&mut self, entries: Vec<Entry>, waiters: Vec<oneshot::Sender<()>>) {
        let mut append = || self.chain.append(entries.iter().cloned());
        let mut appended = append();
        if appended == Err(AccountError::NoRoom) && self.reserve.give() {
            appended = append();
        }
        match appended {
            Ok(rows) => {
                // Whoever no longer waits needs no word.
                for waiter in waiters {
                    waiter.send(()).ok();
                }
                self.is_sound.store(self.reserve.keep(), Ordering::Relaxed);
                if let Some(syslog) = &mut self.syslog {
                    rows.iter().for_each(|row| syslog.send(row));
                }
            }
            Err(error) => {
                tracing::error!(%error, "the record cannot be written: nothing more is answered");
                self.is_sound.store(false, Ordering::Relaxed);
                self.unwritten = entries;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{super::entry::tests::entry, *};
    use crate::accounts::{Accounts, Place, audit::Search};

    #[tokio::test]
    async fn rows_and_sums_are_on_disk_when_the_program_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Accounts::create(&Place::file(&path)).unwrap();
        let recorder = Recorder::start(&path, None).unwrap();
        for _ in 0..250 {
            recorder.sum(Entry {
                at_ms: 1_700_000_045_678,
                ..entry("tiles")
            });
        }
        recorder.note(Entry {
            at_ms: 1_700_000_045_678,
            ..entry("publish")
        });
        recorder.row(entry("read")).await;
        assert!(recorder.wait(entry("edit")).await);
        let chain = Chain::open(&path).unwrap();
        let acts = |chain: &Chain| -> Vec<(String, u64)> {
            let rows = chain.search(&Search::default()).unwrap();
            rows.into_iter().map(|row| (row.act, row.times)).collect()
        };
        assert!(acts(&chain).contains(&("edit".into(), 1)));
        recorder.stop();
        assert!(acts(&chain).contains(&("tiles".into(), 250)));
        let rows = chain.search(&Search::default()).unwrap();
        let at_ms = |act: &str| rows.iter().find(|row| row.act == act).map(|row| row.at_ms);
        assert_eq!(at_ms("tiles"), Some(1_700_000_040_000));
        assert_eq!(at_ms("publish"), Some(1_700_000_045_678));
        assert!(acts(&chain).contains(&("read".into(), 1)));
        assert!(chain.check(None).is_ok());
        assert!(!recorder.wait(entry("late")).await);
        assert!(!recorder.is_sound());
    }
}
