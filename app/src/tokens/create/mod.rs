//! The page to create an access token, in three steps.

mod review;
mod steps;
mod wizard;

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::shell::failed::Failed;
use crate::sign_in::allowed::allowed;
use crate::tokens::api::{Create, people, terms};
use crate::tokens::changes::use_token_changes;
use crate::tokens::secret_dialog::SecretDialog;
use crate::ui::icon::Icon;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::use_toasts;
use domain::members::membership::Contact;
use domain::members::role::Permission;
use domain::tokens::expiry::Terms;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use leptos_router::{LazyRoute, NavigateOptions, lazy_route};
use wizard::WizardForm;

/// The page, for users whose role has the permission.
pub struct NewToken;

#[lazy_route]
impl LazyRoute for NewToken {
    fn data() -> Self {
        Self
    }

    fn view(NewToken: Self) -> AnyView {
        allowed(Permission::ManageTokens, || NewTokenPage().into_any())
    }
}

#[component]
fn NewTokenPage() -> impl IntoView {
    let i18n = use_i18n();
    let loaded = Resource::new(|| (), |()| people_and_terms());
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, form.title_new).to_owned())/>
        <div class="page-head narrow">
            <a class="back" href=routes::TOKENS>{Icon::ChevronLeft.view()} {t_signal!(i18n, tokens.title)}</a>
            <h1>{t_signal!(i18n, form.title_new)}</h1>
        </div>
        <Transition>
            {move || {
                loaded
                    .get()
                    .map(|loaded| match loaded {
                        Ok((people, terms)) => view! { <NewTokenForm people terms/> }.into_any(),
                        Err(error) => view! { <Failed error whole=true/> }.into_any(),
                    })
            }}
        </Transition>
    }
}

async fn people_and_terms() -> Result<(Vec<Contact>, Terms), AppError> {
    Ok((people().await?, terms().await?))
}

#[component]
fn NewTokenForm(people: Vec<Contact>, terms: Terms) -> impl IntoView {
    let create = ServerAction::new();
    view! {
        <WizardForm create people terms/>
        <CreatedDialog create/>
    }
}

/// Shows the new token's secret, and then leads to the list and says what was created.
#[component]
fn CreatedDialog(create: ServerAction<Create>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let changes = use_token_changes();
    let navigate = use_navigate();
    let issued = move || create.value().get().and_then(Result::ok);
    let on_done = move |()| {
        if let Some(Ok(issued)) = create.value().get_untracked() {
            create.value().set(None);
            toasts.say(t_string!(i18n, done.created, name = issued.token.settings.name.as_str()).to_string());
            changes.announce();
            navigate(routes::TOKENS, NavigateOptions::default());
        }
    };
    view! {
        <SecretDialog
            issued=Signal::derive(issued)
            title=Signal::derive(move || t_string!(i18n, secret.created_title).to_owned())
            on_done=Callback::new(on_done)
        />
    }
}
