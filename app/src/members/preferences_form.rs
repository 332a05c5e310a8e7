//! The form for the user's preferences in every browser: language and time zone.

use crate::i18n::{Locale, use_i18n};
use crate::members::api::profile::SetPreferences;
use crate::routes;
use crate::sign_in::allowed::use_preferences;
use crate::ui::action_form::ActionForm;
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::language_switch::own_name;
use crate::ui::reactive::t_signal;
use crate::ui::time::known_zones;
use leptos::prelude::*;

/// The form. Without our wasm it offers only the chosen time zone and the browser's.
#[component]
pub fn PreferencesForm() -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let now = use_preferences();
    let save = ServerAction::<SetPreferences>::new();
    // A full page load, since all texts and times of the page change.
    Effect::new(move |_| {
        if let Some(Ok(())) = save.value().get() {
            _ = window().location().assign(routes::PROFILE);
        }
    });
    let language = move |locale: Locale| {
        let code = locale.to_string();
        let chosen = now.language.as_deref() == Some(code.as_str());
        view! { <option value=code.clone() lang=code selected=chosen>{own_name(locale)}</option> }
    };
    let zone = |name: String, chosen: bool| {
        let text = name.replace('_', " ");
        view! { <option value=name selected=chosen>{text}</option> }
    };
    let (chosen, first) = (now.time_zone.clone(), now.time_zone.clone());
    let others = move || {
        let others = known_zones().into_iter().filter(|name| Some(name) != chosen.as_ref());
        hydrated.get().then(|| others.map(|name| zone(name, false)).collect_view())
    };
    view! {
        <ErrorNote error=Signal::derive(move || save.value().get().and_then(Result::err))/>
        <ActionForm action=save>
            <div class="field">
                <label for="own-language" class="label">{t_signal!(i18n, language)}</label>
                <p class="hint" id="own-language-hint">{t_signal!(i18n, profile.language_hint)}</p>
                <select id="own-language" name="language" aria-describedby="own-language-hint">
                    <option value="">{t_signal!(i18n, profile.automatic)}</option>
                    {language(Locale::en)}
                    {language(Locale::ja)}
                </select>
            </div>
            <div class="field">
                <label for="own-time-zone" class="label">{t_signal!(i18n, profile.time_zone)}</label>
                <p class="hint" id="own-time-zone-hint">{t_signal!(i18n, profile.time_zone_hint)}</p>
                <select id="own-time-zone" name="time_zone" aria-describedby="own-time-zone-hint">
                    <option value="">{t_signal!(i18n, profile.automatic)}</option>
                    {first.map(|name| zone(name, true))}
                    {others}
                </select>
            </div>
            <button type="submit" class="button" disabled=save.pending()>{t_signal!(i18n, profile.save_preferences)}</button>
        </ActionForm>
    }
}
