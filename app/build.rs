//! Generates typed keys from `locales/*.json`; the build fails if a key is missing in one of the languages.
//!
//! `leptos_i18n_build` does the same with these two crates, but also pulls in ICU's data sources for formatting numbers
//! and dates. They take minutes to compile, and no text here needs them.

use leptos_i18n_codegen::gen_code;
use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};
use serde_json::Value;
use std::{collections::BTreeSet, env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let options = ParseOptions::default().interpolate_display(true);
    let config = Config::new("en")?.add_locale("ja")?.parse_options(options);
    let translations = parse_locales(None, config)?;
    for path in translations.tracked_files.iter().flatten() {
        println!("cargo::rerun-if-changed={path}");
    }
    for warning in translations.diag.warnings().iter() {
        println!("cargo::warning={warning}");
    }
    for error in translations.diag.errors().iter() {
        println!("cargo::error={error}");
    }
    both_languages_say_all()?;
    let attributes = "#![allow(missing_docs, clippy::all, clippy::pedantic)]".parse()?;
    let module = gen_code(&translations, None, false, Some(&attributes), false)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is set by cargo")?).join("i18n");
    fs::create_dir_all(&out)?;
    fs::write(out.join("mod.rs"), module.to_string())?;
    Ok(())
}

/// Fails if a key is missing in one of the languages; the library only warns about that.
fn both_languages_say_all() -> Result<(), Box<dyn Error>> {
    let keys = |locale: &str| -> Result<BTreeSet<String>, Box<dyn Error>> {
        let mut keys = BTreeSet::new();
        collect("", &serde_json::from_str(&fs::read_to_string(format!("locales/{locale}.json"))?)?, &mut keys);
        Ok(keys)
    };
    let (english, japanese) = (keys("en")?, keys("ja")?);
    let missing: Vec<_> = english.symmetric_difference(&japanese).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("not in both languages: {missing:?}").into()) }
}

fn collect(prefix: &str, value: &Value, keys: &mut BTreeSet<String>) {
    if let Value::Object(entries) = value {
        for (key, value) in entries {
            collect(&format!("{prefix}.{key}"), value, keys);
        }
    } else {
        keys.insert(prefix.to_owned());
    }
}
