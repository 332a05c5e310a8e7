//! An error message where the error happened: the problem and what to do about it.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::routes;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// Shows the error. If the user has to sign in again, a link opens a new tab, so that this page's content is not lost.
#[component]
pub fn ErrorNote(#[prop(into)] error: Signal<Option<AppError>>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div role="alert">
            {move || {
                error
                    .get()
                    .map(|error| {
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
                    })
            }}
        </div>
    }
}
