//! Calls the gate from the browser, as an integration would, and shows the answer.

use crate::i18n::{t, t_string, use_i18n};
use crate::ui::reactive::t_signal;
use domain::tokens::scope::Scope;
use gloo_net::http::Request;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

/// The gate's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: u16,
    status_text: String,
    headers: Vec<(String, String)>,
    body: String,
    /// The time from request to complete answer, in milliseconds.
    took: u32,
}

/// A request to the gate with this access token. Without `auth_token` the user is asked for it.
#[component]
pub fn TryIt(sid: String, #[prop(optional, into)] auth_token: Option<String>) -> impl IntoView {
    let i18n = use_i18n();
    let operation = Scope::GET_COMPANY_INFORMATION.operation();
    let path = format!("/Agencies/{sid}{}", operation.path);
    let asked = auth_token.is_none();
    let secret = RwSignal::new(auth_token.unwrap_or_default());
    let pending = RwSignal::new(false);
    let answer = RwSignal::new(None::<Option<Answer>>);

    let request_path = path.clone();
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let (sid, path) = (sid.clone(), request_path.clone());
        spawn_local(async move {
            let result = call(&path, &sid, &secret.get_untracked()).await;
            answer.try_set(Some(result.ok()));
            pending.try_set(false);
        });
    };
    let shown = move || {
        answer.get().map(|answer| match answer {
            Some(answer) => view! { <AnswerView answer/> }.into_any(),
            None => view! { <p class="note failed">{t_signal!(i18n, try_it.failed)}</p> }.into_any(),
        })
    };
    view! {
        <form class="try-it" on:submit=on_submit>
            <p class="hint">{t_signal!(i18n, try_it.lead)}</p>
            {asked
                .then(|| {
                    view! {
                        <label class="field">
                            <span class="label">{t_signal!(i18n, try_it.auth_token)}</span>
                            <input
                                type="password"
                                autocomplete="off"
                                required
                                prop:value=secret
                                on:input=move |event| secret.set(event_target_value(&event))
                            />
                            <span class="hint">{t_signal!(i18n, try_it.auth_token_hint)}</span>
                        </label>
                    }
                })}
            <div class="try-it-request">
                <code translate="no">{operation.method.as_str()} " " {path}</code>
                <button type="submit" class="button" disabled=pending>
                    {move || {
                        if pending.get() { t_string!(i18n, try_it.sending) } else { t_string!(i18n, try_it.send) }
                    }}
                </button>
            </div>
            <div class="try-it-answer" aria-live="polite">
                {shown}
            </div>
        </form>
    }
}

#[component]
fn AnswerView(answer: Answer) -> impl IntoView {
    let i18n = use_i18n();
    let Answer { status, status_text, headers, body, took } = answer;
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n");
    view! {
        <dl>
            <dt>{t_signal!(i18n, try_it.status)}</dt>
            <dd>
                <span class="badge" class:ok=status < 300 class:bad={status >= 400}>
                    {status} " " {status_text}
                </span>
                " "
                <span class="hint">{t!(i18n, try_it.took, ms = took)}</span>
            </dd>
            <dt>{t_signal!(i18n, try_it.headers)}</dt>
            <dd><pre tabindex="0">{headers}</pre></dd>
            <dt>{t_signal!(i18n, try_it.body)}</dt>
            <dd><pre tabindex="0">{indented(&body)}</pre></dd>
        </dl>
    }
}

/// Returns JSON with line breaks and indentation; any other text unchanged.
fn indented(body: &str) -> String {
    let json = js_sys::JSON::parse(body);
    let indented =
        json.and_then(|json| js_sys::JSON::stringify_with_replacer_and_space(&json, &JsValue::NULL, &2.into()));
    indented.map_or_else(|_| body.to_owned(), String::from)
}

/// Calls the gate, without the session's cookie: the gate sees only the token.
async fn call(path: &str, sid: &str, secret: &str) -> Result<Answer, gloo_net::Error> {
    let started = js_sys::Date::now();
    let response = Request::get(path)
        .credentials(web_sys::RequestCredentials::Omit)
        .header("Accept", "application/json")
        .header("Authorization", &basic(sid, secret))
        .send()
        .await?;
    let mut headers: Vec<_> = response.headers().entries().collect();
    headers.sort();
    let (status, status_text, body) = (response.status(), response.status_text(), response.text().await?);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a short time; a clock set back counts as 0
    let took = (js_sys::Date::now() - started) as u32;
    Ok(Answer { status, status_text, headers, body, took })
}

/// Returns the header of HTTP Basic (RFC 7617). A character that no Auth Token can contain is sent as `?`, to be
/// refused.
fn basic(sid: &str, secret: &str) -> String {
    let secret = secret.trim().replace(|c: char| !c.is_ascii_graphic(), "?");
    let encoded = window().btoa(&format!("{sid}:{secret}")).unwrap_or_default();
    format!("Basic {encoded}")
}
