//! Ctrl-C and a request to end.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;

/// Whether somebody asked the command to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on; a second Ctrl-C ends the process at once.
    pub fn listen() -> Self {
        let interrupt = Interrupt::default();
        let flag = interrupt.0.clone();
        let (ready, is_ready) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Ok(mut asked) = StopSignal::listen() else {
                    return;
                };
                ready.send(()).ok();
                asked.wait().await;
                flag.store(true, Ordering::Relaxed);
                asked.wait().await;
                std::process::exit(130);
            });
        });
        // Where signals cannot be listened to, the thread is gone and so is the sender.
        is_ready.recv().ok();
        interrupt
    }

    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    /// Somebody asked to stop before anything was written.
    pub fn check(&self) -> Result<(), Failure> {
        match self.is_asked() {
            true => Err("interrupted; nothing was written".into()),
            false => Ok(()),
        }
    }

    /// What was done; what failed because somebody asked to stop says that, whatever it was.
    pub fn told<T>(&self, done: Result<T, impl Into<Failure>>) -> Result<T, Failure> {
        done.map_err(|error| match self.check() {
            Err(interrupted) => interrupted,
            Ok(()) => error.into(),
        })
    }
}

/// The two ways in which a process is asked to stop.
pub struct StopSignal {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignal {
    /// Must be called within a runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(StopSignal {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub async fn wait(&mut self) {
        tokio::select! { _ = self.interrupt.recv() => {}, _ = self.terminate.recv() => {} }
    }
}
