//! Asks for confirmation of an action that breaks, or could break, an integration.

use crate::i18n::use_i18n;
use crate::ui::dialog::Dialog;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// A question to confirm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The dialog's title: the question itself.
    pub title: String,
    /// The consequences of the action.
    pub text: String,
    /// The label of the confirm button.
    pub confirm: String,
    /// Whether the action certainly stops integrations.
    pub destructive: bool,
}

/// The dialog, open while there is a question. `pending` is true while the confirmed action runs; `more` is shown below the
/// question's text.
#[component]
pub fn ConfirmDialog(
    id: &'static str,
    #[prop(into)] question: Signal<Option<Question>>,
    #[prop(into)] pending: Signal<bool>,
    on_confirm: Callback<()>,
    on_cancel: Callback<()>,
    #[prop(optional)] more: ViewFn,
) -> impl IntoView {
    let i18n = use_i18n();
    // The last question stays readable while the dialog closes.
    let shown = Memo::new(move |last: Option<&Question>| question.get().or_else(|| last.cloned()).unwrap_or_default());
    view! {
        <Dialog
            id=id
            open=Signal::derive(move || question.with(Option::is_some))
            title=Signal::derive(move || shown.get().title)
            on_close=on_cancel
        >
            <p>{move || shown.get().text}</p>
            {move || more.run()}
            <div class="dialog-actions">
                <button type="button" class="button" on:click=move |_| on_cancel.run(())>{t_signal!(i18n, cancel)}</button>
                <button
                    type="button"
                    class="button"
                    class:primary=move || !shown.get().destructive
                    class:danger=move || shown.get().destructive
                    disabled=pending
                    on:click=move |_| on_confirm.run(())
                >
                    {move || shown.get().confirm}
                </button>
            </div>
        </Dialog>
    }
}
