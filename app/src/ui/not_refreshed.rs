//! The message above content that is still shown although it could not be refreshed.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::ui::error_note::ErrorNote;
use crate::ui::reactive::{settled, t_signal};
use leptos::prelude::*;

/// An answer of the server, once it is there.
type Answer<T> = Option<Result<T, AppError>>;

/// Returns the latest answer, or the last one that was no error, and the error of a refresh that has failed since.
/// Called below the `Transition` that waits for the answer.
pub fn kept<T>(answer: impl Fn() -> Answer<T> + Send + Sync + 'static) -> (Signal<Answer<T>>, Signal<Option<AppError>>)
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let latest = settled(answer);
    // Rendered once, the server has nothing to keep.
    if cfg!(feature = "ssr") {
        return (latest, Signal::stored(None));
    }
    let shown = Memo::new(move |last: Option<&Answer<T>>| match (latest.get(), last) {
        (None | Some(Err(_)), Some(Some(Ok(value)))) => Some(Ok(value.clone())),
        (answer, _) => answer,
    });
    let failed = Memo::new(move |_| {
        let is_kept = shown.with(|shown| matches!(shown, Some(Ok(_))));
        latest.with(|latest| latest.as_ref()?.as_ref().err().cloned()).filter(|_| is_kept)
    });
    (shown.into(), failed.into())
}

/// Shows the error, and offers to try the refresh again.
#[component]
pub fn NotRefreshed(failed: Signal<Option<AppError>>, on_retry: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let note = move |error: AppError| {
        view! {
            <div class="not-refreshed">
                <ErrorNote error=Some(error)/>
                <p>{t_signal!(i18n, error.not_refreshed)}</p>
                <button type="button" class="button small" on:click=move |_| on_retry.run(())>
                    {t_signal!(i18n, try_again)}
                </button>
            </div>
        }
    };
    move || failed.get().map(note)
}
