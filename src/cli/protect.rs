use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Subcommand;

use super::{Failure, now, say};
use crate::{
    domain::{Catalog, Language},
    protection::{self, Policy},
    publication::key_file,
    store::{self, Home},
};

#[derive(Debug, clap::Args)]
pub struct ProtectArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make the secret that counts are rounded by, in a new file; once for a city and for ever.
    Key {
        /// The new file; only its owner may read it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Every published count is a multiple of it.
        #[arg(long, default_value_t = Policy::DEFAULT_K)]
        k: u32,
    },
    /// Publish the city for those who may not see exact small numbers; repeat it every day.
    Publish {
        /// The exact city: a file, or the address of a database; what is published as one is kept in it.
        #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
        city: Home,
        /// The protected one: a new file or an empty database, or the one published before.
        #[arg(long, value_name = "CITY")]
        to: Home,
        /// The file that `suitu protect key` made.
        #[arg(long, env = "SUITU_PROTECTION_KEY", value_name = "FILE")]
        key: PathBuf,
    },
    /// Let another key follow the one that the city was published with, once all that was published
    /// with it is out of use everywhere.
    Retire {
        /// The exact city: a file, or the address of a database.
        #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
        city: Home,
        /// The fingerprint of the key that ends, as `suitu protect publish` names it.
        #[arg(value_name = "FINGERPRINT")]
        fingerprint: String,
    },
}

impl ProtectArguments {
    /// The city whose record it goes into, as what and about what.
    pub fn recorded(&self) -> Option<(&Home, &'static str, &str)> {
        match &self.what {
            What::Key { .. } => None,
            What::Publish { city, .. } => Some((city, "protect publish", "")),
            What::Retire { city, fingerprint } => Some((city, "protect retire", fingerprint)),
        }
    }
}

/// Makes a key, or publishes a protected city.
pub fn run(
    arguments: &ProtectArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    match &arguments.what {
        What::Key { file, k } => make_key(file, *k, language),
        What::Publish { city, to, key } => publish(city, to, key, catalog, language),
        What::Retire { city, fingerprint } => retire(city, fingerprint, &catalog, language),
    }
}

fn make_key(file: &Path, k: u32, language: Language) -> Result<(), Failure> {
    let policy = key_file::drawn(k)?;
    key_file::make(file, &policy)?;
    let shown = file.display();
    say(match language {
        Language::Zh => format!("{shown}：密钥已生成，k = {k}；请妥善保管并备份，发布后不可更换"),
        Language::En => {
            format!("{shown}: key made, k = {k}; keep it safe and never change it once published")
        }
    })
}

fn retire(
    city: &Home,
    fingerprint: &str,
    catalog: &Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let store = store::open(city, catalog.clone())?;
    if protection::published_key(&*store)?.is_none() {
        return Err(match language {
            Language::Zh => format!("{city}：没有使用中的密钥，下次发布可用任一密钥"),
            Language::En => format!("{city}: no key is in use, any may publish next"),
        }
        .into());
    }
    protection::retire_key(&*store, fingerprint)?;
    say(match language {
        Language::Zh => format!("{city}：密钥 {fingerprint} 已停用，下次发布可用新密钥"),
        Language::En => format!("{city}: key {fingerprint} is retired, another one may follow"),
    })
}

fn publish(
    city: &Home,
    to: &Home,
    key: &Path,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let shown = key.display();
    let policy = key_file::read(key)?.ok_or_else(|| format!("{shown}: there is no such file"))?;
    catalog.check_publishable()?;
    let (from, loaded) = super::open(city, &catalog)?;
    let is_new = !to.exists();
    let published_as = Arc::new(catalog.protected());
    let target = store::open_or_create(to, published_as)?;
    let now = now();
    let day = now.split('T').next().unwrap_or_default();
    let published = protection::publish(&loaded, &*from, &*target, &policy, day);
    let published = match published {
        Ok(published) => published,
        Err(error) => {
            drop(target);
            if is_new {
                to.discard();
            }
            return Err(format!("{to}: {error}").into());
        }
    };
    for layer in &published.layers {
        let protection::PublishedLayer {
            layer: id,
            period,
            features,
            withheld,
            held,
            is_new,
        } = layer;
        let withheld = match (withheld, language) {
            (0, _) => String::new(),
            (n, Language::Zh) => format!("，{n} 个单位无法合并，不发布"),
            (n, Language::En) => format!(", {n} units cannot be merged and are withheld"),
        };
        let held = match (held, language) {
            (0, _) => String::new(),
            (n, Language::Zh) => format!("，{n} 个单元的变动太小，待积累后再发布"),
            (n, Language::En) => format!(", small changes of {n} pieces wait for more"),
        };
        let state = match (is_new, language) {
            (true, Language::Zh) => "已发布",
            (false, Language::Zh) => "未变",
            (true, Language::En) => "published",
            (false, Language::En) => "unchanged",
        };
        let is_personal = catalog
            .layer(id.as_str())
            .is_some_and(|layer| layer.is_personal());
        let as_what = match (is_personal, language) {
            (false, _) => "",
            (true, Language::Zh) => "（合并单元，取整）",
            (true, Language::En) => " as rounded pieces",
        };
        say(format_args!(
            "{id} {period}: {features} {state}{as_what}{withheld}{held}"
        ))?;
    }
    if !published.left_out.is_empty() {
        let names = published.left_out.join(", ");
        say(match language {
            Language::Zh => format!("不发布：{names}"),
            Language::En => format!("left out: {names}"),
        })?;
    }
    say(match language {
        Language::Zh => format!(
            "{to}：保护数据（{day}，k = {}，密钥指纹 {}）",
            policy.k(),
            policy.fingerprint()
        ),
        Language::En => format!(
            "{to}: protected city of {day}, k = {}, key {}",
            policy.k(),
            policy.fingerprint()
        ),
    })
}
