//! Calls the gate from the browser, as an integration would, and shows the answer.

use crate::i18n::{t, t_string, use_i18n};
use crate::ui::field::LabelAround;
use crate::ui::reactive::t_signal;
use crate::words::{self, Words};
use domain::tokens::scope::{Scope, Scopes};
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

/// The request: an operation that the token's scopes allow, and the value of the parameter in its path, if it has one.
#[derive(Clone, Copy)]
struct Choice {
    offered: Memo<Vec<Scope>>,
    picked: RwSignal<Option<Scope>>,
    parameter: RwSignal<String>,
}

impl Choice {
    fn new(scopes: Signal<Scopes>) -> Self {
        Self {
            offered: Memo::new(move |_| scopes.get().to_try()),
            picked: RwSignal::new(None),
            parameter: RwSignal::new(String::new()),
        }
    }

    /// Returns the picked operation while it is allowed, or else the first one.
    fn scope(self) -> Option<Scope> {
        self.offered.with(|offered| {
            let picked = self.picked.get().filter(|picked| offered.contains(picked));
            picked.or_else(|| offered.first().copied())
        })
    }

    /// Returns the request's path.
    fn path(self, sid: &str) -> Option<String> {
        let operation = self.scope()?.operation();
        let parameter = self.parameter.with(|typed| match (operation.parameter_name(), typed.trim()) {
            (None, _) => String::new(),
            (Some(name), "") => format!("{{{name}}}"),
            (Some(_), typed) => String::from(js_sys::encode_uri_component(typed)),
        });
        Some(format!("/Agencies/{sid}{}", operation.path_with(&parameter)))
    }

    /// Returns the fields of the choice.
    fn fields(self, i18n: Words) -> impl IntoView {
        let option = move |scope: Scope| {
            let text = move || words::name(i18n, scope.operation().name);
            view! { <option value=scope.id() selected=move || self.scope() == Some(scope)>{text}</option> }
        };
        let on_change = move |event| {
            self.picked.set(Scope::find(&event_target_value(&event)));
            self.parameter.set(String::new());
        };
        let parameter = move || {
            let name = self.scope()?.operation().parameter_name()?;
            Some(view! {
                <label class="field">
                    <span class="label">{name}</span>
                    <input
                        type="text"
                        required
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=self.parameter
                        on:input=move |event| self.parameter.set(event_target_value(&event))
                    />
                </label>
            })
        };
        view! {
            <LabelAround label=t_signal!(i18n, try_it.operation)>
                <select prop:value=move || self.scope().map_or("", Scope::id) on:change=on_change>
                    {move || self.offered.get().into_iter().map(option).collect_view()}
                </select>
            </LabelAround>
            {parameter}
        }
    }
}

/// A request to the gate with this access token, for one of the operations that its scopes allow and that change
/// nothing. Without `auth_token` the user is asked for it.
#[component]
pub fn TryIt(
    sid: String,
    #[prop(into)] scopes: Signal<Scopes>,
    #[prop(optional, into)] auth_token: Option<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let choice = Choice::new(scopes);
    let asked = auth_token.is_none();
    let secret = RwSignal::new(auth_token.unwrap_or_default());
    let sid = StoredValue::new(sid);
    let pending = RwSignal::new(false);
    let answer = RwSignal::new(None::<Option<Answer>>);

    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let sid = sid.get_value();
        let Some(path) = untrack(|| choice.path(&sid)).filter(|_| !pending.get_untracked()) else { return };
        pending.set(true);
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
    let request = move || {
        let scope = choice.scope()?;
        let path = sid.with_value(|sid| choice.path(sid))?;
        Some(format!("{} {path}", scope.operation().method.as_str()))
    };
    let form = move || {
        view! {
            <form class="try-it" on:submit=on_submit>
                <p class="hint">{t_signal!(i18n, try_it.lead)}</p>
                {choice.fields(i18n)}
                {asked.then(|| view! { <AuthTokenField secret/> })}
                <div class="try-it-request">
                    <code translate="no">{request}</code>
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
    };
    let any = Memo::new(move |_| choice.offered.with(|offered| !offered.is_empty()));
    move || {
        if any.get() { form().into_any() } else { view! { <p>{t_signal!(i18n, try_it.none)}</p> }.into_any() }
    }
}

#[component]
fn AuthTokenField(secret: RwSignal<String>) -> impl IntoView {
    let i18n = use_i18n();
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
