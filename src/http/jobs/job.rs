use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use tokio::{sync::watch, task::AbortHandle};

use super::super::{
    ApiError, Document,
    computing::{Computation, Stage},
};
use crate::query::{Progress, QueryError, Step};

/// How long a job may compute.
const JOB_SECONDS: u64 = 1800;

/// A question whose answer is fetched later (任务).
#[derive(Debug)]
pub struct Job {
    pub id: String,
    /// Where the question was asked.
    path: String,
    /// Who asked, with what they may read, where there are accounts: nobody else finds it.
    pub owner: Option<String>,
    progress: Arc<Progress>,
    stage: watch::Sender<Stage>,
    /// The task that holds the computation.
    holder: AbortHandle,
    looked_at: Mutex<Instant>,
}

impl Job {
    pub fn new(
        id: String,
        path: String,
        owner: Option<String>,
        computation: Arc<Computation>,
    ) -> Arc<Self> {
        let stage = watch::Sender::new(computation.stage());
        let progress = computation.progress.clone();
        let holder = tokio::spawn(hold(computation, stage.clone())).abort_handle();
        Arc::new(Job {
            id,
            path,
            owner,
            progress,
            stage,
            holder,
            looked_at: Mutex::new(Instant::now()),
        })
    }

    /// Lets go of the computation; what has ended stays as it is.
    pub fn cancel(&self) {
        end(&self.stage, Err(QueryError::Cancelled.into()));
        self.holder.abort();
    }

    /// Cancels it once nobody has asked about it for a time and nobody listens: whoever asked has
    /// gone away, and others wait for the machine.
    pub async fn end_when_left(self: Arc<Self>, patience: Duration) {
        let mut changes = self.stage.subscribe();
        let own = 1;
        while !self.has_ended() {
            if self.stage.receiver_count() > own {
                self.look();
            } else if self.looked_at().elapsed() >= patience {
                tracing::info!(
                    job = self.id,
                    "nobody asks about the job any longer: cancelled"
                );
                return self.cancel();
            }
            tokio::time::timeout(patience / 20, changes.changed())
                .await
                .ok();
        }
    }

    pub fn stage(&self) -> Stage {
        self.stage.borrow().clone()
    }

    pub fn changes(&self) -> watch::Receiver<Stage> {
        self.stage.subscribe()
    }

    pub fn is_waiting(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Waiting)
    }

    pub fn has_ended(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Ended(_))
    }

    /// The size of the answer that it keeps.
    pub fn bytes(&self) -> u64 {
        match &*self.stage.borrow() {
            Stage::Ended(Ok(answer)) => answer.bytes(),
            _ => 0,
        }
    }

    /// When somebody last asked for it.
    pub fn looked_at(&self) -> Instant {
        *self.looked()
    }

    pub fn look(&self) {
        *self.looked() = Instant::now();
    }

    fn looked(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.looked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub fn address(&self) -> String {
        format!("/api/jobs/{}", self.id)
    }

    /// What a client is told of it.
    pub fn describe(&self) -> Json {
        let stage = self.stage();
        let share_done = match stage {
            Stage::Ended(Ok(_)) => Some(1.0),
            _ => self.progress.share_done(),
        };
        let (answer, problem) = match &stage {
            Stage::Ended(Ok(_)) => (Some(format!("{}/answer", self.address())), None),
            Stage::Ended(Err(error)) if state(&stage) == "failed" => (None, Some(error.problem())),
            _ => (None, None),
        };
        json!({
            "id": self.id,
            "question": self.path,
            "state": state(&stage),
            "progress": { "share_done": share_done, "step": self.step(&stage) },
            "problem": problem,
            "answer": answer,
            "events": format!("{}/events", self.address()),
        })
    }

    /// What it is doing: what the question says, before that whether it has begun.
    fn step(&self, stage: &Stage) -> Option<Step> {
        self.progress.step().or(match stage {
            Stage::Waiting => Some(Step {
                zh: "排队等待",
                en: "waiting for its turn",
            }),
            Stage::Running => Some(Step {
                zh: "准备数据",
                en: "preparing the data",
            }),
            Stage::Ended(_) => None,
        })
    }
}

/// Holds a computation until it ends or takes too long.
async fn hold(computation: Arc<Computation>, stage: watch::Sender<Stage>) {
    computation.begun().await;
    stage.send_if_modified(|stage| match stage {
        Stage::Waiting => {
            *stage = Stage::Running;
            true
        }
        _ => false,
    });
    let time = Duration::from_secs(JOB_SECONDS);
    let outcome = tokio::time::timeout(time, computation.outcome()).await;
    let too_long = |_| Err(ApiError::JobTimedOut(JOB_SECONDS));
    let outcome = outcome.unwrap_or_else(too_long);
    if let Err(error) = &outcome {
        tracing::warn!(%error, cause = error.cause(), "job failed");
    }
    end(&stage, outcome);
}

/// What has ended does not end again.
fn end(stage: &watch::Sender<Stage>, outcome: Result<Document, ApiError>) {
    stage.send_if_modified(|stage| match stage {
        Stage::Ended(_) => false,
        _ => {
            *stage = Stage::Ended(outcome);
            true
        }
    });
}

fn state(stage: &Stage) -> &'static str {
    match stage {
        Stage::Waiting => "waiting",
        Stage::Running => "running",
        Stage::Ended(Ok(_)) => "done",
        Stage::Ended(Err(ApiError::Query(QueryError::Cancelled))) => "cancelled",
        Stage::Ended(Err(_)) => "failed",
    }
}
