//! The form for the user's preferences in every browser: language and time zone.

use crate::i18n::{Locale, use_i18n};
use crate::members::api::profile::SetPreferences;
use crate::routes;
use crate::sign_in::allowed::use_preferences;
use crate::ui::action_form::{ActionForm, Submit, failure, load_after};
use crate::ui::error_note::ErrorNote;
use crate::ui::field::{Control, FormField};
use crate::ui::hydrated::use_hydrated;
use crate::ui::language_switch::own_name;
use crate::ui::reactive::t_signal;
use crate::ui::time::known_zones;
use crate::ui::typed::TypedContent;
use crate::ui::unsaved::AskBeforeLeaving;
use leptos::html;
use leptos::prelude::*;

/// The form. Without our wasm it offers only the chosen time zone and the browser's.
#[component]
pub fn PreferencesForm() -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let now = use_preferences();
    let save = ServerAction::<SetPreferences>::new();
    load_after(save, |()| routes::PROFILE.to_owned()); // all texts and times of the page change
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
    let (own_language, own_zone) = (Control::new("own-language"), Control::new("own-time-zone"));
    let around = NodeRef::<html::Div>::new();
    let content = TypedContent::new(around);
    let changed = move |()| content.is_changed() && !matches!(save.value().get_untracked(), Some(Ok(())));
    view! {
        <AskBeforeLeaving id="leave-preferences" changed=Callback::new(changed)/>
        <div node_ref=around>
            <ActionForm action=save>
                <FormField
                    control=own_language.clone()
                    label=t_signal!(i18n, language)
                    hint=t_signal!(i18n, profile.language_hint)
                >
                    <select name="language" {..own_language.attributes()}>
                        <option value="">{t_signal!(i18n, profile.automatic)}</option>
                        {language(Locale::en)}
                        {language(Locale::ja)}
                    </select>
                </FormField>
                <FormField
                    control=own_zone.clone()
                    label=t_signal!(i18n, profile.time_zone)
                    hint=t_signal!(i18n, profile.time_zone_hint)
                >
                    <select name="time_zone" {..own_zone.attributes()}>
                        <option value="">{t_signal!(i18n, profile.automatic)}</option>
                        {first.map(|name| zone(name, true))}
                        {others}
                    </select>
                </FormField>
                <ErrorNote error=failure(save)/>
                <Submit pending=save.pending() label=t_signal!(i18n, profile.save_preferences) class="button"/>
            </ActionForm>
        </div>
    }
}
