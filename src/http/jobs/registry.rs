use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    super::{
        ApiError,
        computing::{Bounds, Computation},
    },
    Job,
};

/// What has ended is kept for this long after somebody last asked for it.
const KEPT: Duration = Duration::from_secs(3600);

/// How many that have ended are kept at most.
const MOST_KEPT: usize = 500;

/// The jobs of the program, oldest first; bounded in number and bytes.
#[derive(Clone, Debug)]
pub struct Jobs {
    jobs: Arc<Mutex<Vec<Arc<Job>>>>,
    waiting: usize,
    bytes: u64,
    patience: Duration,
    is_closed: Arc<AtomicBool>,
    accepted: Arc<AtomicU64>,
}

/// What the jobs take.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Since the start.
    pub accepted: u64,
    pub waiting: u64,
    pub running: u64,
    /// Of the answers that are kept.
    pub bytes: u64,
}

impl Jobs {
    pub fn new(bounds: Bounds) -> Self {
        Jobs {
            jobs: Arc::default(),
            waiting: bounds.jobs_waiting,
            bytes: bounds.jobs_bytes,
            patience: bounds.jobs_patience,
            is_closed: Arc::default(),
            accepted: Arc::default(),
        }
    }

    /// A new job for the computation that `begin` gives.
    ///
    /// # Errors
    /// Where too many wait already; nothing is begun then.
    pub fn accept(
        &self,
        path: String,
        owner: Option<String>,
        begin: impl FnOnce() -> Arc<Computation>,
    ) -> Result<Arc<Job>, ApiError> {
        let mut jobs = self.lock();
        self.prune(&mut jobs, Instant::now());
        let waiting = jobs.iter().filter(|job| job.is_waiting()).count();
        if waiting >= self.waiting || self.is_closed.load(Ordering::Relaxed) {
            return Err(ApiError::TooManyJobs);
        }
        let job = Job::new(unguessable()?, path, owner, begin());
        tokio::spawn(job.clone().end_when_left(self.patience));
        jobs.push(job.clone());
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Ok(job)
    }

    /// # Errors
    /// One that never was, is no longer kept, or is somebody else's.
    pub fn find(&self, id: &str, who: Option<&String>) -> Result<Arc<Job>, ApiError> {
        let mut jobs = self.lock();
        self.prune(&mut jobs, Instant::now());
        let found = jobs
            .iter()
            .find(|job| job.id == id && job.owner.as_ref() == who);
        let found = found.cloned();
        let job = found.ok_or_else(|| ApiError::NotFound {
            what: "job",
            name: id.chars().take(64).collect(),
        })?;
        job.look();
        Ok(job)
    }

    /// Ends every job and accepts no more: the program stops.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.lock().iter().for_each(|job| job.cancel());
    }

    pub fn load(&self) -> Load {
        let jobs = self.lock();
        let count = |is: fn(&Job) -> bool| jobs.iter().filter(|job| is(job)).count() as u64;
        Load {
            accepted: self.accepted.load(Ordering::Relaxed),
            waiting: count(Job::is_waiting),
            running: count(|job| !job.is_waiting() && !job.has_ended()),
            bytes: jobs.iter().map(|job| job.bytes()).sum(),
        }
    }

    /// Lets go of what nobody came for in time, and of the longest unasked where there is too much.
    fn prune(&self, jobs: &mut Vec<Arc<Job>>, now: Instant) {
        jobs.retain(|job| !job.has_ended() || now.duration_since(job.looked_at()) < KEPT);
        loop {
            let ended = jobs.iter().enumerate().filter(|(_, job)| job.has_ended());
            let bytes: u64 = jobs.iter().map(|job| job.bytes()).sum();
            if bytes <= self.bytes && ended.clone().count() <= MOST_KEPT {
                return;
            }
            let oldest = ended.min_by_key(|(_, job)| job.looked_at());
            let Some((place, _)) = oldest else { return };
            jobs.remove(place);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 128 random bits: who was not given the number does not find the job.
fn unguessable() -> Result<String, ApiError> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| ApiError::Internal(e.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::{
            Document,
            answers::Form,
            computing::{Computations, Key, Line, Stage},
        },
        *,
    };
    use crate::query::Limits;

    struct Office {
        computations: Computations,
        jobs: Jobs,
    }

    impl Office {
        fn new(bounds: Bounds) -> Self {
            Office {
                computations: Computations::new(bounds),
                jobs: Jobs::new(bounds),
            }
        }

        fn post(
            &self,
            question: &str,
            compute: impl FnOnce(&Limits) -> Result<Document, ApiError> + Send + 'static,
        ) -> Result<Arc<Job>, ApiError> {
            let key = Key::new("/api/question", &question, Form::default(), 1)?;
            self.jobs.accept("/api/question".into(), None, || {
                self.computations.join_or_begin(key, Line::Jobs, compute)
            })
        }
    }

    fn endless(limits: &Limits) -> Result<Document, ApiError> {
        limits.step("计算", "computing");
        limits.progress(1, 4);
        loop {
            limits.check()?;
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    async fn until(holds: impl Fn() -> bool) {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn a_job_tells_its_progress_and_stops_when_cancelled() {
        let office = Office::new(Bounds::default());
        let job = office.post("a", endless).expect("accepted");
        until(|| job.describe()["progress"]["share_done"] == 0.25).await;
        assert_eq!(job.describe()["state"], "running");
        assert_eq!(job.describe()["progress"]["step"]["zh"], "计算");
        job.cancel();
        assert_eq!(job.describe()["state"], "cancelled");
        let running = &office.computations.counts.running;
        until(|| running.load(Ordering::Relaxed) == 0).await;
    }

    #[tokio::test]
    async fn a_job_that_nobody_asks_about_is_cancelled_and_a_followed_one_goes_on() {
        let patience = Duration::from_millis(200);
        let office = Office::new(Bounds {
            jobs_patience: patience,
            ..Bounds::default()
        });
        let left = office.post("left", endless).expect("accepted");
        let polled = office.post("polled", endless).expect("accepted");
        let heard = office.post("heard", endless).expect("accepted");
        let listener = heard.changes();
        let begun = Instant::now();
        until(|| {
            office.jobs.find(&polled.id, None).expect("kept");
            left.has_ended()
        })
        .await;
        assert!(begun.elapsed() >= patience);
        assert_eq!(left.describe()["state"], "cancelled");
        while begun.elapsed() < patience * 4 {
            office.jobs.find(&polled.id, None).expect("kept");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!polled.has_ended() && !heard.has_ended());
        // Whoever stops listening has left.
        drop(listener);
        until(|| heard.has_ended()).await;
        office.jobs.close();
    }

    #[tokio::test]
    async fn more_jobs_than_may_wait_are_refused_and_begin_nothing() {
        let office = Office::new(Bounds {
            jobs_at_once: 1,
            jobs_waiting: 1,
            ..Bounds::default()
        });
        let running = office.post("a", endless).expect("accepted");
        until(|| !running.is_waiting()).await;
        office.post("b", endless).expect("accepted");
        let refused = office.post("c", |_| panic!("begun all the same"));
        assert!(matches!(refused, Err(ApiError::TooManyJobs)));
        office.jobs.close();
        assert!(running.has_ended());
        assert!(office.post("d", endless).is_err());
    }

    #[tokio::test]
    async fn the_answer_that_nobody_asked_for_longest_makes_room() {
        let office = Office::new(Bounds {
            jobs_bytes: 25,
            ..Bounds::default()
        });
        let mut ids = Vec::new();
        for text in ["12345678", "22345678"] {
            let job = office.post(text, move |_| Document::json(&text));
            let job = job.expect("accepted");
            until(|| job.has_ended()).await;
            ids.push(job.id.clone());
        }
        office.jobs.find(&ids[0], None).expect("kept");
        let job = office.post("c", |_| Document::json(&"32345678"));
        let job = job.expect("accepted");
        until(|| job.has_ended()).await;
        assert!(matches!(job.stage(), Stage::Ended(Ok(_))));
        assert!(office.jobs.find(&ids[1], None).is_err());
        assert!(office.jobs.find(&ids[0], None).is_ok());
        assert_ne!(ids[0], ids[1]);
    }
}
