//! The link to request a new password, if the server sends mail.

use crate::i18n::use_i18n;
use crate::routes;
use crate::sign_in::page_session::use_page_session;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// The link for users who have forgotten their password; nothing if the server sends no mail.
#[component]
pub fn ForgottenLink() -> impl IntoView {
    let i18n = use_i18n();
    let link = || view! { <p><a href=routes::FORGOTTEN>{t_signal!(i18n, forgotten.link)}</a></p> };
    use_page_session().mail_sent.then(link)
}
