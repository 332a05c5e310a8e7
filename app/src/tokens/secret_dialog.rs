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
    view! {
        <Dialog
            id="secret"
            open=Signal::derive(move || issued.with(Option::is_some))
            title=title
            on_close=on_done
            keep_open=true
            wide=true
        >
            {move || issued.get().map(|issued| view! { <Secret issued on_done/> })}
        </Dialog>
    }
}

/// The content of the dialog.
#[component]
fn Secret(issued: Issued, on_done: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    // Whether the user has the secret elsewhere, or can view it again.
    let kept = RwSignal::new(issued.token.viewable);
    let keep = Callback::new(move |()| kept.set(true));
    let (env, file) = (env_file(&issued), format!("{}.env", issued.token.sid));
    let on_download = move |_| {
        if download(&file, &env).is_ok() {
            keep.run(());
        }
    };
    let (name, scopes) = (issued.token.settings.name.clone(), issued.token.settings.scopes);
    let (sid, secret) = (issued.token.sid.to_string(), issued.auth_token.clone());
    view! {
        <p class="dialog-name clamped" title=name.clone() dir="auto">{name.clone()}</p>
        <div class="note warning">
            {Icon::Alert.view()}
            // If it can be viewed again, the text says by whom.
            <p>{if issued.token.viewable { t_signal!(i18n, secret.kept) } else { t_signal!(i18n, secret.warning) }}</p>
        </div>
        {issued
            .name_exists
            .then(|| view! { <p class="hint">{t_signal!(i18n, done.name_exists)}</p> })}
        <Credentials sid=sid.clone() secret=secret.clone() keep/>
        <details class="try-it-in-dialog">
            <summary>{t_signal!(i18n, try_it.title)}</summary>
            <TryIt sid=sid.clone() scopes auth_token=secret.clone()/>
        </details>
        <Actions kept on_done>
            <button type="button" class="button" on:click=on_download>
                {Icon::Download.view()}
                {t_signal!(i18n, secret.download)}
            </button>
            <CopyButton
                text=variables(&sid, &secret)
                label=Signal::derive(move || t_string!(i18n, secret.copy_both).to_owned())
                caption=t_signal!(i18n, secret.copy_both)
                on_copied=keep
            />
        </Actions>
    }
}

/// Account SID, Auth Token and a first call with both, each with a button that copies it. Calls `keep` once the Auth
/// Token is copied, by a button or by hand.
#[component]
fn Credentials(sid: String, secret: String, keep: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let curl = curl(&sid, &secret);
    view! {
        <dl class="credentials">
            <dt>{t_signal!(i18n, card.account_sid)}</dt>
            <dd>
                <code translate="no">{sid.clone()}</code>
                <CopyButton
                    text=sid
                    label=Signal::derive(move || t_string!(i18n, secret.copy_sid).to_owned())
                    on_copied=Callback::new(|()| {})
                />
            </dd>
            <dt>{t_signal!(i18n, form.auth_token)}</dt>
            <dd on:copy=move |_| keep.run(())>
                <code translate="no" class="secret">{secret.clone()}</code>
                <CopyButton
                    text=secret
                    label=Signal::derive(move || t_string!(i18n, secret.copy_auth_token).to_owned())
                    on_copied=keep
                />
            </dd>
            <dt>{t_signal!(i18n, secret.curl)}</dt>
            <dd on:copy=move |_| keep.run(())>
                <code translate="no">{curl.clone()}</code>
                <CopyButton
                    text=curl
                    label=Signal::derive(move || t_string!(i18n, secret.copy_curl).to_owned())
                    on_copied=keep
                />
            </dd>
        </dl>
    }
}

/// The buttons below. *Done* closes the dialog only once the secret is `kept`; else it says so, and offers another
/// button for it, so that a double click loses nothing.
#[component]
fn Actions(kept: RwSignal<bool>, on_done: Callback<()>, children: Children) -> impl IntoView {
    let i18n = use_i18n();
    let asked = RwSignal::new(false);
    let on_click = move |_| {
        if kept.get_untracked() {
            on_done.run(());
        } else {
            asked.set(true);
        }
    };
    let asks = move || asked.get() && !kept.get();
    let anyway = move || {
        view! {
            <button type="button" class="button danger-text" on:click=move |_| on_done.run(())>
                {t_signal!(i18n, secret.close_uncopied)}
            </button>
        }
    };
    view! {
        <div role="alert">
            {move || {
                asks()
                    .then(|| {
                        view! {
                            <div class="note failed">
                                {Icon::Alert.view()} <p>{t_signal!(i18n, secret.not_copied)}</p>
                            </div>
                        }
                    })
            }}
        </div>
        <div class="dialog-actions">
            {children()}
            <span class="spacer"></span>
            {move || asks().then(anyway)}
            <button type="button" class="button primary" on:click=on_click>
                {t_signal!(i18n, secret.done)}
            </button>
        </div>
    }
}

/// Returns a first call with these credentials, which needs no scope: who one is.
fn curl(sid: &str, secret: &str) -> String {
    let origin = window().location().origin().unwrap_or_default();
    format!("curl -u \"{sid}:{secret}\" {origin}/Agencies/{sid}")
}

/// Returns the credentials as environment variables.
fn variables(sid: &str, secret: &str) -> String {
    format!("ACCOUNT_SID={sid}\nAUTH_TOKEN={secret}\n")
}

/// Returns the credentials as an environment file. A name is a single line, so it is safe in a comment.
fn env_file(issued: &Issued) -> String {
    let Issued { token, auth_token, .. } = issued;
    format!("# {}\n{}", token.settings.name, variables(&token.sid.to_string(), auth_token))
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
