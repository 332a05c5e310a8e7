//! The link to request a new password, if the server sends mail.

use crate::i18n::use_i18n;
use crate::routes;
use crate::sign_in::api::password_reset::mail_sent;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// Whether the server sends mail. Constant until the browser loads another page.
#[derive(Clone, Copy)]
struct MailSent(bool);

/// Provides it. Called once, by the app.
pub fn provide_mail_sent() {
    provide_context(MailSent(SharedValue::new(mail_sent).into_inner()));
}

/// Returns whether the server sends mail.
pub fn use_mail_sent() -> bool {
    expect_context::<MailSent>().0
}

/// The link for users who have forgotten their password; nothing if the server sends no mail.
#[component]
pub fn ForgottenLink() -> impl IntoView {
    let i18n = use_i18n();
    use_mail_sent().then(|| view! { <p><a href=routes::FORGOTTEN>{t_signal!(i18n, forgotten.link)}</a></p> })
}
