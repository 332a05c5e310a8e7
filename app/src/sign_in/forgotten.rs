//! The page to request a link to set a new password, by mail.

use crate::i18n::use_i18n;
use crate::routes::{self, Notice};
use crate::sign_in::api::password_reset::Forgotten as ForgottenCall;
use crate::sign_in::frame::SignedOutPage;
use crate::sign_in::page_session::use_page_session;
use crate::ui::action_form::{ActionForm, Submit, failure};
use crate::ui::error_note::ErrorNote;
use crate::ui::field::LabelAround;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Asks for the e-mail address. The message afterwards is the same for every address. Works without our wasm.
#[component]
pub fn Forgotten() -> impl IntoView {
    let i18n = use_i18n();
    let ask = ServerAction::<ForgottenCall>::new();
    // A browser without our wasm returns with this notice.
    let notice = use_query_map().with_untracked(|query| query.get(Notice::PARAMETER).is_some());
    let sent = Memo::new(move |_| match ask.value().get() {
        None => notice,
        Some(answer) => answer.is_ok(),
    });
    let mail_sent = use_page_session().mail_sent;
    let form = move || {
        view! {
            <p class="lead">{t_signal!(i18n, forgotten.lead)}</p>
            <ActionForm action=ask>
                <LabelAround label=t_signal!(i18n, sign_in.email)>
                    <input type="email" name="email" required autocomplete="username" autofocus/>
                </LabelAround>
                <Submit
                    pending=ask.pending()
                    label=t_signal!(i18n, forgotten.send)
                    busy=t_signal!(i18n, forgotten.sending)
                />
            </ActionForm>
            <ErrorNote error=failure(ask)/>
        }
    };
    let page = move || match (mail_sent, sent.get()) {
        (false, _) => view! { <p class="lead">{t_signal!(i18n, forgotten.no_mail)}</p> }.into_any(),
        (true, true) => view! { <p class="lead" role="status">{t_signal!(i18n, forgotten.sent)}</p> }.into_any(),
        (true, false) => form().into_any(),
    };
    view! {
        <SignedOutPage title=t_signal!(i18n, forgotten.title)>
            <h1>{t_signal!(i18n, forgotten.title)}</h1>
            {page}
            <p><a href=routes::SIGN_IN>{t_signal!(i18n, sign_in_failed.again)}</a></p>
        </SignedOutPage>
    }
}
