//! An error message where the error happened, so beside the button that was pressed: the problem and what to do about
//! it. A message that appears is brought into view.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::routes;
use crate::ui::focus;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::html;
use leptos::prelude::*;

/// Shows the error. If the user has to sign in again, a link opens a new tab, so that this page's content is not lost.
#[component]
pub fn ErrorNote(#[prop(into)] error: Signal<Option<AppError>>) -> impl IntoView {
    let i18n = use_i18n();
    // If fields are wrong, the first of them is brought into view instead.
    let shown = move || error.with(|error| error.as_ref().is_some_and(|error| !error.is_about_fields()));
    let note = move |error: AppError| {
        let sign_in = error == AppError::SignInNeeded;
        view! {
            <div class="note failed">
                {Icon::Alert.view()}
                <p>
                    {error.text(i18n)} " "
                    {sign_in
                        .then(|| {
                            view! {
                                <a href=routes::SIGN_IN target="_blank" rel="noopener">
                                    {t_signal!(i18n, sign_in.again)}
                                </a>
                            }
                        })}
                </p>
            </div>
        }
    };
    alert(shown, move || error.get().map(note))
}

/// Returns a region that screen readers watch, with this content. It is brought into view each time that it is `shown`.
pub fn alert<V: IntoView + 'static>(
    shown: impl Fn() -> bool + Send + Sync + 'static,
    content: impl Fn() -> V + Send + 'static,
) -> impl IntoView {
    let region = NodeRef::<html::Div>::new();
    reveal(region, Signal::derive(shown));
    view! { <div role="alert" tabindex="-1" node_ref=region>{content}</div> }
}

/// Brings the note into view each time that it has something to say, but not with the page's first content. The note
/// takes the focus if it was lost, as a button loses it that is disabled while its form is sent.
fn reveal(note: NodeRef<html::Div>, shown: Signal<bool>) {
    Effect::new(move |before: Option<()>| {
        if shown.get() && before.is_some() {
            request_animation_frame(move || {
                let Some(note) = note.try_get_untracked().flatten() else { return };
                focus::bring_into_view(&note);
                if focus::is_lost() {
                    _ = note.focus();
                }
            });
        }
    });
}
