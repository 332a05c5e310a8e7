//! Notes about changes by others: while the page is open, and in conflict with an update.

use crate::i18n::{t_string, use_i18n};
use crate::tokens::live::who;
use crate::ui::error_note::alert;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::words::{self, Words};
use domain::audit::live::LiveChange;
use domain::text::Field;
use leptos::prelude::*;

/// A change by others.
#[derive(Clone)]
pub enum News {
    /// They changed the token, and the page shows it.
    Shown(LiveChange),
    /// They changed these fields, but the form is in use and stays as it was. Empty if the fields are unknown.
    Waiting(LiveChange, Vec<Field>),
    /// They deleted the token.
    Gone(LiveChange),
}

/// A conflict with another user's change: the fields that they changed.
pub type Conflict = RwSignal<Option<Vec<Field>>>;

/// Reports changes by others.
#[component]
pub fn NewsNote(news: RwSignal<Option<News>>, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let told = move |news: News| {
        let waiting = matches!(news, News::Waiting(..));
        let warning = waiting || matches!(news, News::Gone(_));
        let text = move || match &news {
            News::Shown(change) => t_string!(i18n, live.shown, by = who(i18n, change)).to_string(),
            News::Waiting(change, fields) if fields.is_empty() => {
                t_string!(i18n, live.changed, by = who(i18n, change)).to_string()
            }
            News::Waiting(change, fields) => {
                t_string!(i18n, live.waiting, by = who(i18n, change), fields = names(i18n, fields)).to_string()
            }
            News::Gone(change) => t_string!(i18n, live.gone, by = who(i18n, change)).to_string(),
        };
        note(warning, None, Signal::derive(text), waiting.then(|| (t_signal!(i18n, live.show_newest), reload)))
    };
    view! { <div role="status">{move || news.get().map(told)}</div> }.into_any()
}

/// Returns a message, with an optional button.
fn note(
    warning: bool,
    title: Option<Signal<&'static str>>,
    text: Signal<String>,
    button: Option<(Signal<&'static str>, Callback<()>)>,
) -> AnyView {
    let icon = if warning { Icon::Alert } else { Icon::Check };
    let title = title.map(|title| view! { <p><strong>{title}</strong></p> });
    let button = button.map(|(label, on_press)| {
        view! { <button type="button" class="button small" on:click=move |_| on_press.run(())>{label}</button> }
    });
    view! {
        <div class="note" class:warning=warning>
            {icon.view()}
            <div>
                {title}
                <p>{text}</p>
                {button}
            </div>
        </div>
    }
    .into_any()
}

fn names(i18n: Words, fields: &[Field]) -> String {
    let separator = t_string!(i18n, separator);
    fields.iter().map(|field| words::field(i18n, *field)).collect::<Vec<_>>().join(separator)
}

/// Says what another user changed, and how to continue.
#[component]
pub fn ConflictNote(conflict: Conflict, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let told = move |fields: Vec<Field>| {
        let text = move || {
            let names = names(i18n, &fields);
            let names = if names.is_empty() { t_string!(i18n, form.conflict_none).to_owned() } else { names };
            t_string!(i18n, form.conflict_text, fields = names).to_string()
        };
        let button = Some((t_signal!(i18n, form.load_theirs), reload));
        note(true, Some(t_signal!(i18n, form.conflict_title)), Signal::derive(text), button)
    };
    alert(move || conflict.with(Option::is_some), move || conflict.get().map(told)).into_any()
}
