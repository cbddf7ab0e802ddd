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

/// How many faults of a state are shown.
const SHOWN_FAULTS: usize = 5;

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
    for (layer, period, faults) in &copied.faults {
        let left_out = faults.iter().filter(|fault| fault.reason.leaves_out());
        let (left_out, all) = (left_out.count(), faults.len());
        say(match language {
            Language::Zh => format!("{layer} {period}：{all} 处错误，{left_out} 行未复制"),
            Language::En => format!("{layer} {period}: {all} faults, {left_out} rows not copied"),
        })?;
        for fault in faults.iter().take(SHOWN_FAULTS) {
            let reason = fault.reason.told();
            let reason = reason.in_language(language);
            say(format_args!("  {} {}: {reason}", fault.id, fault.field))?;
        }
    }
    for state in &copied.unread {
        let store::UnreadState {
            layer,
            period,
            features,
        } = state;
        say(match language {
            Language::Zh => format!("{layer}：{features} 行未复制，时点无法识别：{period}"),
            Language::En => {
                format!("{layer}: {features} rows not copied, of a period that is none: {period}")
            }
        })?;
    }
    if !copied.faults.is_empty() || !copied.unread.is_empty() {
        say(match language {
            Language::Zh => format!("全部错误：suitu check --city {from}"),
            Language::En => format!("all of them: suitu check --city {from}"),
        })?;
    }
    let store::Copied {
        flows,
        networks,
        definitions,
        scenarios,
        ..
    } = &copied;
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
