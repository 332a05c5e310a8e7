//! The dialog that shows an Auth Token.

use crate::i18n::{t_string, use_i18n};
use crate::tokens::api::Issued;
use crate::tokens::try_it::TryIt;
use crate::ui::copy_button::CopyButton;
use crate::ui::dialog::Dialog;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// Shows the token's secret while there is one. Escape doesn't close this dialog, because the secret can't be shown
/// again.
#[component]
pub fn SecretDialog(
    #[prop(into)] issued: Signal<Option<Issued>>,
    #[prop(into)] title: Signal<String>,
    on_done: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let content = move |issued: Issued| {
        let env = env_file(&issued);
        let file = format!("{}.env", issued.token.sid);
        let sid = issued.token.sid.to_string();
        let secret = issued.auth_token.clone();
        view! {
            <p class="dialog-name">{issued.token.settings.name.clone()}</p>
            <div class="note warning">
                {Icon::Alert.view()}
                // If it can be viewed again, the text says by whom.
                <p>{if issued.token.viewable { t_signal!(i18n, secret.kept) } else { t_signal!(i18n, secret.warning) }}</p>
            </div>
            {issued
                .name_exists
                .then(|| view! { <p class="hint">{t_signal!(i18n, done.name_exists)}</p> })}
            <dl class="credentials">
                <dt>{t_signal!(i18n, card.account_sid)}</dt>
                <dd>
                    <code translate="no">{sid.clone()}</code>
                    <CopyButton text=sid.clone() label=Signal::derive(move || t_string!(i18n, secret.copy_sid).to_owned())/>
                </dd>
                <dt>{t_signal!(i18n, form.auth_token)}</dt>
                <dd>
                    <code translate="no" class="secret">{secret.clone()}</code>
                    <CopyButton
                        text=secret.clone()
                        label=Signal::derive(move || t_string!(i18n, secret.copy_auth_token).to_owned())
                    />
                </dd>
            </dl>
            <details class="try-it-in-dialog">
                <summary>{t_signal!(i18n, try_it.title)}</summary>
                <TryIt sid scopes=issued.token.settings.scopes auth_token=secret/>
            </details>
            <div class="dialog-actions">
                <button type="button" class="button" on:click=move |_| _ = download(&file, &env)>
                    {Icon::Download.view()}
                    {t_signal!(i18n, secret.download)}
                </button>
                <button type="button" class="button primary" on:click=move |_| on_done.run(())>
                    {t_signal!(i18n, secret.done)}
                </button>
            </div>
        }
    };
    view! {
        <Dialog
            id="secret"
            open=Signal::derive(move || issued.with(Option::is_some))
            title=title
            on_close=on_done
            keep_open=true
            wide=true
        >
            {move || issued.get().map(content)}
        </Dialog>
    }
}

/// Returns the credentials as an environment file. A name is a single line, so it is safe in a comment.
fn env_file(issued: &Issued) -> String {
    let Issued { token, auth_token, .. } = issued;
    format!("# {}\nACCOUNT_SID={}\nAUTH_TOKEN={auth_token}\n", token.settings.name, token.sid)
}

/// Downloads the text as a file.
pub fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("text/plain;charset=utf-8");
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&text.into()), &options)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let link: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    web_sys::Url::revoke_object_url(&url)
}
