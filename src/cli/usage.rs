//! What is wrong with a command line, in the language of whoever typed it.

use std::{error::Error as _, ffi::OsString};

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::{accounts::AccountError, domain::Language};

/// The language that a command line asks for, also where nothing else of it can be read.
pub fn language_of(arguments: impl IntoIterator<Item = OsString>) -> Language {
    let mut asked = std::env::var("SUITU_LANG").ok();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        if text == "--lang" {
            asked = arguments
                .next()
                .map(|next| next.to_string_lossy().into_owned());
        } else if let Some(language) = text.strip_prefix("--lang=") {
            asked = Some(language.to_owned());
        }
    }
    match asked.as_deref() {
        Some("en") => Language::En,
        _ => Language::Zh,
    }
}

/// The error in Chinese with its usage line; `None` for what is no error or is told in English alone.
pub fn in_chinese(error: &Error) -> Option<String> {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join("、")),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue);
    let mut told = match error.kind() {
        ErrorKind::UnknownArgument => format!("没有参数“{}”", argument?),
        ErrorKind::InvalidSubcommand => {
            format!("没有命令“{}”", text(ContextKind::InvalidSubcommand)?)
        }
        ErrorKind::MissingSubcommand => "没有写命令".into(),
        ErrorKind::MissingRequiredArgument => format!("缺少必需的参数：{}", argument?),
        ErrorKind::ArgumentConflict => format!(
            "参数“{}”不能与“{}”一起用",
            argument?,
            text(ContextKind::PriorArg)?
        ),
        ErrorKind::InvalidValue if value.as_deref() == Some("") => {
            format!("参数“{}”缺少值", argument?)
        }
        ErrorKind::InvalidValue => format!("参数“{}”不能是“{}”", argument?, value?),
        ErrorKind::ValueValidation => {
            let cause = error.source().map(|cause| match cause.downcast_ref() {
                Some(refused) => AccountError::told(refused).zh,
                None => cause.to_string(),
            });
            let cause = cause.map_or_else(String::new, |cause| format!("：{cause}"));
            format!("参数“{}”不能是“{}”{cause}", argument?, value?)
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues | ErrorKind::TooFewValues => {
            format!("参数“{}”的值太多或太少", argument?)
        }
        _ => return None,
    };
    let allowed = text(ContextKind::ValidValue).or_else(|| text(ContextKind::ValidSubcommand));
    if let Some(allowed) = allowed.filter(|allowed| !allowed.is_empty()) {
        told += &format!("，可用：{allowed}");
    }
    let alike = text(ContextKind::SuggestedArg)
        .or_else(|| text(ContextKind::SuggestedSubcommand))
        .or_else(|| text(ContextKind::SuggestedValue));
    if let Some(alike) = alike {
        told += &format!("；是不是“{alike}”？");
    }
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let usage = usage.to_string();
        told += &format!("\n用法：{}", usage.trim().trim_start_matches("Usage: "));
    }
    Some(told + "\n完整的说明见 --help（英文）。")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{super::Arguments, *};

    fn told(line: &[&str]) -> String {
        let error = Arguments::try_parse_from(line).expect_err("it cannot be meant");
        in_chinese(&error).unwrap_or_else(|| panic!("{error}"))
    }

    #[test]
    fn what_is_wrong_with_a_command_line_is_told_in_chinese() {
        for (line, words) in [
            (
                &["suitu", "serve", "--cty", "x"][..],
                "没有参数“--cty”；是不是“--city”？",
            ),
            (&["suitu", "servee"], "没有命令“servee”；是不是“serve”？"),
            (&["suitu", "demo"], "缺少必需的参数：--city <CITY>"),
            (
                &["suitu", "serve", "--city", "x", "--listen", "here"],
                "参数“--listen <LISTEN>”不能是“here”",
            ),
            (
                &["suitu", "accounts", "lock", "x", "--city", "y"],
                "参数“<NAME>”不能是“x”：账户名须为 2 至 32 个字母",
            ),
            (&["suitu", "serve", "--city"], "参数“--city <CITY>”缺少值"),
        ] {
            let told = told(line);
            assert!(told.starts_with(words), "{told}");
        }
        let usage = told(&["suitu", "demo"]);
        assert!(
            usage.contains("\n用法：suitu demo --city <CITY>"),
            "{usage}"
        );
    }

    #[test]
    fn help_is_no_error_and_the_language_is_read_from_any_line() {
        let help = Arguments::try_parse_from(["suitu", "--help"]).expect_err("help");
        assert_eq!(in_chinese(&help), None);
        let language = |line: &[&str]| language_of(line.iter().map(OsString::from));
        assert_eq!(
            language(&["suitu", "--lang", "en", "nonsense"]),
            Language::En
        );
        assert_eq!(
            language(&["suitu", "--nonsense", "--lang=en"]),
            Language::En
        );
        assert_eq!(language(&["suitu", "--lang", "zh"]), Language::Zh);
    }
}
