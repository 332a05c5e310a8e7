//! The end of a form that is saved as a whole. While it has changes that are not saved, it stays in view.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::ui::error_note::ErrorNote;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// The form's buttons, with the number of its changes, and right above them what went wrong. The children are the
/// buttons that send it.
#[component]
pub fn SaveBar(
    /// The number of changes that are not saved.
    #[prop(into)]
    changes: Signal<usize>,
    #[prop(into)] error: Signal<Option<AppError>>,
    /// Another message than the error.
    note: AnyView,
    /// The path and the text of the link that leaves the form.
    leave: (&'static str, Signal<&'static str>),
    /// Whether the form is being sent.
    #[prop(into)]
    pending: Signal<bool>,
    on_discard: Callback<()>,
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let saved = move || changes.get() == 0;
    let count = move || match changes.get() {
        0 => String::new(),
        1 => t_string!(i18n, form.unsaved_one).to_owned(),
        count => t_string!(i18n, form.unsaved_many, count = count).to_string(),
    };
    let (path, text) = leave;
    view! {
        <div class="save-bar" class:unsaved=move || !saved()>
            {note}
            <ErrorNote error/>
            <div class="form-actions">
                <a class="button quiet" href=path>{text}</a>
                <p class="save-count" role="status">{count}</p>
                <button
                    type="button"
                    class="button"
                    hidden=saved
                    disabled=pending
                    on:click=move |_| on_discard.run(())
                >
                    {t_signal!(i18n, form.discard)}
                </button>
                {children()}
            </div>
        </div>
    }
}
