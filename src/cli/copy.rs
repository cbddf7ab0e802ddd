use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, interrupt::Interrupt, say};
use crate::{
    domain::{Catalog, Language},
    store::{self, Home},
};

#[derive(Debug, clap::Args)]
pub struct CopyArguments {
    /// The city to copy: a file, or the address of a database.
    #[arg(long, value_name = "CITY")]
    pub(super) from: Home,
    /// Where to: a new file, or a database that `suitu migrate` has prepared and nobody has filled.
    #[arg(long, value_name = "CITY")]
    to: Home,
}

/// Copies a whole city from one home to another.
pub fn run(
    arguments: &CopyArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let CopyArguments { from, to } = arguments;
    let source = store::open(from, catalog.clone())?;
    let is_new = !to.exists();
    let target = store::open_or_create(to, catalog.clone())?;
    if target.change_number()? > 0 {
        return Err(format!("{to} holds data already; copy into an empty home").into());
    }
    let features = source.states()?.iter().map(|state| state.features).sum();
    let bar = ProgressBar::new(features);
    bar.set_style(ProgressStyle::with_template(
        "{bar:30} {human_pos} / {human_len} ({elapsed})",
    )?);
    let interrupt = Interrupt::listen();
    let copied = store::copy(&*source, &*target, &catalog, &mut |rows| {
        bar.set_position(rows);
        !interrupt.is_asked()
    });
    bar.finish_and_clear();
    let copied = match copied {
        Ok(copied) => copied,
        Err(error) if is_new => {
            drop(target);
            to.discard();
            return Err(error.into());
        }
        Err(error) => {
            let left = "it now holds a part of the city: empty it before you try again";
            return Err(format!("{error}; {to}: {left}").into());
        }
    };
    for (layer, period, features) in &copied.features {
        say(format_args!("{layer} {period}: {features}"))?;
    }
    let store::Copied {
        flows,
        networks,
        definitions,
        scenarios,
        ..
    } = copied;
    say(match language {
        Language::Zh => format!(
            "{to}：已复制；通勤流 {flows}，网络 {networks}，自定义规则 {definitions}，方案 {scenarios}"
        ),
        Language::En => format!(
            "{to}: copied; flows {flows}, networks {networks}, definitions {definitions}, \
             scenarios {scenarios}"
        ),
    })
}
