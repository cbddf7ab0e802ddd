use std::{
    io::IsTerminal,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use super::{
    Failure,
    accounts::ServeAccounts,
    interrupt::StopSignal,
    serving::{self, Serving},
};
use crate::{
    city::{self, LiveCity},
    domain::{Catalog, SecurityLevel},
    http::{self, AppState},
    protection,
    publication::Publisher,
    store::{self, Home, Store},
};

#[derive(Debug, clap::Args)]
pub struct ServeArguments {
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    city: Home,
    /// Address and port; without accounts only a loopback address is allowed.
    #[arg(long, env = "SUITU_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The city of rounded counts for the roles that read those: what `suitu protect publish` wrote, or
    /// with --protection-key what this server publishes there.
    #[arg(
        long,
        env = "SUITU_PROTECTED",
        value_name = "CITY",
        hide_env_values = true
    )]
    protected: Option<Home>,
    /// The file of the key by which this server itself publishes into --protected, once a day. Where
    /// there is none, the security administrator makes it.
    #[arg(long, env = "SUITU_PROTECTION_KEY", value_name = "FILE")]
    protection_key: Option<PathBuf>,
    #[command(flatten)]
    accounts: ServeAccounts,
}

pub fn run(arguments: &ServeArguments, catalog: Arc<Catalog>) -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        // A file of the log has words alone.
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "suitu=info".into()),
        )
        .init();
    let accounts = arguments.accounts.open(&arguments.city)?;
    if accounts.is_none() && !arguments.listen.ip().is_loopback() {
        return Err(format!(
            "{} is not a loopback address: a city without accounts is for its own machine only; \
             listen on 127.0.0.1, or make accounts: suitu accounts init",
            arguments.listen
        )
        .into());
    }
    let record = accounts.as_ref().map(|(accounts, ..)| accounts.record());
    let _held = claimed(&arguments.city, record);
    let start = std::time::Instant::now();
    if arguments.protection_key.is_some() && arguments.protected.is_none() {
        tracing::warn!("the key is of no use without --protected, the home to publish into");
    }
    let publishes = arguments.protection_key.is_some();
    let protected = match &arguments.protected {
        Some(home) if accounts.is_some() => open_protected(home, &catalog, publishes)?,
        Some(_) => {
            return Err("--protected is for accounts: without them serve it as --city".into());
        }
        None => None,
    };
    let store = store::open(&arguments.city, catalog.clone())?;
    let city = city::catch_up(&*store, city::load(&*store as &dyn Store, catalog)?)?;
    let guarded =
        |loaded: &&Arc<city::LoadedLayer>| loaded.layer().level >= SecurityLevel::Sensitive;
    if accounts.is_none()
        && let Some(loaded) = city.all_states().find(guarded)
    {
        return Err(format!(
            "layer {} is sensitive (敏感 or above): such a city needs accounts even on its \
             own machine: suitu accounts init",
            loaded.layer().id
        )
        .into());
    }
    let features: u64 = city
        .all_states()
        .map(|loaded| loaded.index.features())
        .sum();
    let bytes: usize = city
        .all_states()
        .map(|loaded| loaded.index.heap_bytes())
        .sum();
    tracing::info!(
        features,
        memory_mb = bytes >> 20,
        milliseconds = start.elapsed().as_millis() as u64,
        "city loaded"
    );
    let live = Arc::new(LiveCity::new(city));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(arguments.listen)
            .await
            .map_err(|e| format!("cannot listen on {}: {e}", arguments.listen))?;
        println!("穗图 Suitu: http://{}", listener.local_addr()?);
        let follower = tokio::task::spawn_blocking({
            let (store, live) = (store.clone(), Arc::downgrade(&live));
            move || follow(&*store, &live)
        });
        let first = live.snapshot();
        tokio::task::spawn_blocking(move || first.join_streets());
        if let Some((public, _)) = &protected
            && public.snapshot().protection().is_some()
            && protection::publication(&live.snapshot(), &public.snapshot()).is_none()
        {
            tracing::warn!(
                "the city does not know what its protected one has published as one, so officials of \
                 districts read workplaces as published everywhere: publish from this very home"
            );
        }
        let mut state = AppState::new(live, accounts.is_none()).with_store(store.clone());
        if let Some((accounts, recorder, doors)) = accounts {
            tracing::info!(accounts = %accounts.place().accounts(), "whoever asks must sign in");
            state = state.with_accounts(accounts, recorder, doors);
        }
        if let Some((live, of_protected)) = protected {
            let (from, to) = (of_protected.clone(), store.clone());
            let taken = move || city::scenario::take_over(&*from, &*to);
            let brought = tokio::task::spawn_blocking(taken).await??;
            if brought > 0 {
                tracing::warn!(
                    brought,
                    "scenarios of officials were kept with the published city: they are now kept with \
                     the exact one, for those who read it"
                );
            }
            let weak = Arc::downgrade(&live);
            show_changes(of_protected, weak);
            state = state.with_protected(live);
        }
        if let (Some(home), Some(key)) = (&arguments.protected, &arguments.protection_key) {
            state = state.with_publisher(home.clone(), key.clone(), show_changes);
            let publisher = state.publisher().map(Arc::downgrade).unwrap_or_default();
            std::thread::spawn(move || Publisher::keep(publisher));
        }
        let mut asked = StopSignal::listen()?;
        http::serve(listener, state, async move { asked.wait().await }).await;
        follower.abort();
        Ok::<(), Failure>(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}

/// Takes the files of this server for it, and warns where another one has them: each then shows the
/// other's changes a moment later, and both publish. A database is meant for several servers.
fn claimed(city: &Home, record: Option<&Path>) -> Vec<Serving> {
    let files = [city.file(), record].into_iter().flatten();
    let held = files.filter_map(|file| match serving::claim(file) {
        Ok(held) => held,
        Err(serving::Taken) => {
            tracing::warn!(
                file = %file.display(),
                "another server serves this file too: stop one of them, or let several servers share a \
                 database (suitu copy, suitu accounts copy)"
            );
            None
        }
    });
    held.collect()
}

/// A city and its home.
type Shown = (Arc<LiveCity>, Arc<dyn Store>);

/// The city of rounded counts; `None` where nothing is published yet by a server that publishes.
fn open_protected(
    home: &Home,
    catalog: &Arc<Catalog>,
    publishes: bool,
) -> Result<Option<Shown>, Failure> {
    if publishes && !home.exists() {
        return Ok(None);
    }
    if !home.exists() {
        return Err(format!(
            "{home} is not there: publish the protected city into it with `suitu protect publish`, or \
             let this server do so with --protection-key"
        )
        .into());
    }
    let store = store::open(home, catalog.clone())?;
    let city = city::load(&*store as &dyn Store, catalog.clone())?;
    let is_empty = city.protection().is_none() && store.change_number()? == 0;
    if is_empty && publishes {
        return Ok(None);
    }
    if is_empty {
        // It is shown as soon as another server, or a command, has published into it.
        tracing::warn!(%home, "there is no protected city yet: nothing has been published into it");
    } else if city.protection().is_none() {
        return Err(format!(
            "{home} is no protected city: its counts are exact; publish one with suitu protect"
        )
        .into());
    }
    Ok(Some((Arc::new(LiveCity::new(city)), store)))
}

/// Shows what is written to the home of a published city, away from everything else.
fn show_changes(store: Arc<dyn Store>, live: Weak<LiveCity>) {
    std::thread::spawn(move || follow(&*store, &live));
}

/// How often a home is looked at that does not tell of itself that it was written to.
const LOOK: Duration = Duration::from_millis(500);

/// Notices what others write to the city's home and publishes it, until the city is gone.
fn follow(store: &dyn Store, live: &Weak<LiveCity>) {
    // What was written between loading and now counts too.
    let mut seen = None;
    loop {
        store.wait(LOOK);
        let Some(live) = live.upgrade() else { return };
        let Ok(version) = store.stamp() else {
            continue;
        };
        if seen == Some(version) {
            live.hear(live.snapshot().version());
            continue;
        }
        if let Ok(newest) = store.change_number() {
            live.hear(newest);
        }
        let before = live.snapshot();
        // Whatever stands in the file, the next change is looked at again.
        let followed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            city::follow(store, &before)
        }));
        let Ok(followed) = followed else {
            tracing::error!("the changed city cannot be followed; restart to see it whole");
            seen = Some(version);
            continue;
        };
        if followed.is_ok() {
            seen = Some(version);
        }
        match followed {
            Ok(Some(city)) => {
                tracing::info!(version = city.version(), "the city changed");
                live.publish(city);
                live.snapshot().join_streets();
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the changed city cannot be read yet"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{definitions::read_catalog, store::geopackage::GeoPackage};

    #[test]
    fn a_home_of_publications_may_be_empty_but_not_exact_nor_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let catalog = Arc::new(read_catalog(None).expect("sound definitions"));
        let path = folder.path().join("public.gpkg");
        let home = Home::File(path.clone());
        let refused = |publishes| {
            let opened = open_protected(&home, &catalog, publishes);
            opened
                .map(|shown| shown.is_some())
                .map_err(|e| e.to_string())
        };
        assert_eq!(refused(true), Ok(false));
        let missing = refused(false).expect_err("nothing is there");
        assert!(missing.contains("suitu protect publish"), "{missing}");
        let store = GeoPackage::create(&path, catalog.clone()).expect("a new city");
        assert_eq!((refused(true), refused(false)), (Ok(false), Ok(true)));
        let layer = catalog.layer("stations").expect("built in");
        let mut table = crate::domain::Table::for_layer(layer);
        let values = vec![crate::domain::Value::Missing; layer.attributes.len()];
        table.push(
            "s1",
            geo::Geometry::Point(geo::Point::new(113.0, 23.0)),
            &values,
        );
        let batch = store::Batch {
            layer,
            period: "2020".parse().expect("a period"),
            mode: store::BatchMode::Insert,
            table: &table,
            source_geometries: None,
            record: None,
            control_totals: &[],
            only: None,
        };
        store.commit(&[batch], &mut |_| true).expect("written");
        for publishes in [true, false] {
            let exact = refused(publishes).expect_err("exact");
            assert!(exact.contains("its counts are exact"), "{exact}");
        }
    }
}
