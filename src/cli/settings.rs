use std::sync::Arc;

use super::{Failure, say};
use crate::{
    city::Setting,
    domain::{Catalog, Language},
    store::{self, Home},
};

#[derive(Debug, clap::Args)]
pub struct SettingsArguments {
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    pub(super) city: Home,
    /// The city's name in Chinese.
    #[arg(long, value_name = "TEXT")]
    title_zh: Option<String>,
    /// The city's name in English.
    #[arg(long, value_name = "TEXT")]
    title_en: Option<String>,
    /// The map approval number (审图号) that stands on every map and picture; empty for none.
    #[arg(long, value_name = "TEXT")]
    approval_number: Option<String>,
    /// What stands on every map and picture in Chinese (内部使用、示意图 …).
    #[arg(long, value_name = "TEXT")]
    marking_zh: Option<String>,
    /// The same in English.
    #[arg(long, value_name = "TEXT")]
    marking_en: Option<String>,
}

/// Sets what a city says about itself, and prints it.
pub fn run(
    arguments: &SettingsArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let store = store::open(&arguments.city, catalog)?;
    let given = [
        (Setting::TitleZh, &arguments.title_zh),
        (Setting::TitleEn, &arguments.title_en),
        (Setting::ApprovalNumber, &arguments.approval_number),
        (Setting::MarkingZh, &arguments.marking_zh),
        (Setting::MarkingEn, &arguments.marking_en),
    ];
    let mut is_changed = false;
    for (setting, value) in &given {
        if let Some(value) = value {
            store.set_setting(setting.key(), value.trim())?;
            is_changed = true;
        }
    }
    for (setting, _) in &given {
        let value = store.setting(setting.key())?;
        let value = value.as_deref().unwrap_or(setting.default_value());
        say(format_args!("{:<16} {value}", setting.key()))?;
    }
    if is_changed {
        say(match language {
            Language::Zh => "已写入；正在运行的服务重新启动后生效",
            Language::En => "written; a running server shows it after a restart",
        })?;
    }
    Ok(())
}
