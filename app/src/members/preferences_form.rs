//! The form for the user's name and preferences: language and time zone in every browser, and the theme of this one.

use crate::i18n::{Locale, use_i18n};
use crate::members::api::profile::UpdateProfile;
use crate::members::fields::member_control;
use crate::routes::{self, Notice};
use crate::sign_in::allowed::use_preferences;
use crate::ui::action_form::{ActionForm, Submit, failure, load_after};
use crate::ui::error_note::ErrorNote;
use crate::ui::field::{Control, FormField, Problems};
use crate::ui::hydrated::use_hydrated;
use crate::ui::language_switch::own_name;
use crate::ui::reactive::t_signal;
use crate::ui::theme_switch::ThemeField;
use crate::ui::time::known_zones;
use crate::ui::typed::TypedContent;
use crate::ui::unsaved::AskBeforeLeaving;
use domain::members::membership::MemberField;
use leptos::html;
use leptos::prelude::*;

/// The form. All of it is saved at once.
#[component]
pub fn PreferencesForm(name: String) -> impl IntoView {
    let i18n = use_i18n();
    let save = ServerAction::<UpdateProfile>::new();
    // All texts and times of the page change, and the frame shows the name too.
    load_after(save, |()| routes::with_notice(routes::PROFILE, Notice::Updated));
    let problems = Problems::of(save);
    let control = member_control(problems, MemberField::Name);
    let around = NodeRef::<html::Div>::new();
    let content = TypedContent::new(around);
    let is_unsaved = move |()| content.is_changed() && !matches!(save.value().get_untracked(), Some(Ok(())));
    view! {
        <AskBeforeLeaving id="leave" changed=Callback::new(is_unsaved)/>
        <div node_ref=around>
            <ActionForm action=save>
                <FormField
                    control=control.clone()
                    label=t_signal!(i18n, profile.name)
                    hint=t_signal!(i18n, profile.name_hint)
                >
                    <input
                        type="text"
                        name="name"
                        value=name
                        required
                        autocomplete="name"
                        dir="auto"
                        {..control.attributes()}
                    />
                </FormField>
                <LanguageField/>
                <TimeZoneField/>
                <ThemeField/>
                <ErrorNote error=problems.or(failure(save))/>
                <Submit pending=save.pending() label=t_signal!(i18n, profile.save_preferences)/>
            </ActionForm>
        </div>
    }
}

#[component]
fn LanguageField() -> impl IntoView {
    let i18n = use_i18n();
    let now = use_preferences().language;
    let control = Control::new("own-language");
    let language = move |locale: Locale| {
        let code = locale.to_string();
        let chosen = now.as_deref() == Some(code.as_str());
        view! { <option value=code.clone() lang=code selected=chosen>{own_name(locale)}</option> }
    };
    view! {
        <FormField
            control=control.clone()
            label=t_signal!(i18n, language)
            hint=t_signal!(i18n, profile.language_hint)
        >
            <select name="language" {..control.attributes()}>
                <option value="">{t_signal!(i18n, profile.automatic)}</option>
                {[Locale::en, Locale::ja].map(language).collect_view()}
            </select>
        </FormField>
    }
}

/// Without our wasm it offers only the chosen time zone and the browser's.
#[component]
fn TimeZoneField() -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let first = use_preferences().time_zone;
    let chosen = first.clone();
    let control = Control::new("own-time-zone");
    let zone = |name: String, chosen: bool| {
        let text = name.replace('_', " ");
        view! { <option value=name selected=chosen>{text}</option> }
    };
    let others = move || {
        let others = known_zones().into_iter().filter(|name| Some(name) != chosen.as_ref());
        hydrated.get().then(|| others.map(|name| zone(name, false)).collect_view())
    };
    view! {
        <FormField
            control=control.clone()
            label=t_signal!(i18n, profile.time_zone)
            hint=t_signal!(i18n, profile.time_zone_hint)
        >
            <select name="time_zone" {..control.attributes()}>
                <option value="">{t_signal!(i18n, profile.automatic)}</option>
                {first.map(|name| zone(name, true))}
                {others}
            </select>
        </FormField>
    }
}
