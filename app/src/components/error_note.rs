//! An error where it happened: what went wrong and what to do about it.

use super::icon::Icon;
use super::reactive::say;
use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::path;
use leptos::prelude::*;

/// Shows the error. Who has to sign in again does so in a new tab, and loses nothing of what stands here.
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
                                                <a href=path::SIGN_IN target="_blank" rel="noopener">
                                                    {say!(i18n, sign_in.again)}
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
