//! Turns `locales/*.json` into typed keys; a text that one language lacks stops the build.

use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos, options::CodegenOptions};
use serde_json::Value;
use std::{collections::BTreeSet, env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let options = ParseOptions::default().interpolate_display(true);
    let config = Config::new("en")?.add_locale("ja")?.parse_options(options);
    let translations = TranslationsInfos::parse(config)?;
    translations.rerun_if_locales_changed();
    translations.emit_diagnostics();
    both_languages_say_all()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is set by cargo")?).join("i18n");
    let attributes = "#![allow(missing_docs, clippy::all, clippy::pedantic)]".parse()?;
    let options = CodegenOptions::default().top_level_attributes(Some(attributes)).gen_docs(false);
    translations.generate_i18n_module_with_options(out, options)?;
    Ok(())
}

/// The library only warns of a key that one language lacks.
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
