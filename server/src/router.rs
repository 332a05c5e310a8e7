//! Every route of the server, and the layers that each answer passes through.
//!
//! | Path | Content |
//! | --- | --- |
//! | `/Agencies/…`, `/authorize`, `/downloads/…`, `/oauth2/introspect`, `/openapi.json` | the gate |
//! | `/api/…` | server functions |
//! | `/sign-in/oidc…` | sign-in at the identity provider, if there is one |
//! | `/settings/audit-trail/export.…` | the audit trail as a file |
//! | `/pkg/…` | the frontend: names change with the content, so browsers keep it for ever |
//! | `/healthz` | `ok`, as long as the server runs |
//! | `/readyz` | `ok`, as long as the database answers, too |
//! | else | pages; files of the site; the page for paths that don't exist |

use std::sync::{Arc, LazyLock};

use app::{App, mail::Mail, request::BehindProxy, shell, sign_in::api::session::IdentityProviderName};
use axum::{
    Json, Router,
    extract::{MatchedPath, OriginalUri, Request},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{any, get},
};
use http::{HeaderValue, StatusCode, header};
use leptos::context::provide_context;
use leptos_axum::{AxumRouteListing, LeptosRoutes as _, generate_route_list, render_app_async_with_context};
use serde_json::json;
use store::{RelyingParty, Store};
use tower::util::MapResponse;
use tower_http::{
    compression::CompressionLayer,
    services::ServeDir,
    set_header::SetResponseHeaderLayer,
    trace::{DefaultOnResponse, TraceLayer},
};
use tracing::{Level, Span, field::Empty, info_span};

use crate::{
    console::{audit_export, calls_export, live, rendering, session, site::Site},
    gate,
    http::{headers, public_url::PublicUrl, readiness, request_body, request_head, same_origin},
    oidc::{self, IdentityProvider},
};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const AN_HOUR: &str = "public, max-age=3600";
const NEVER: &str = "no-store";

/// The pages' routes. Generated once, before any page is rendered: a page whose data began to load meanwhile would wait
/// for it for ever (Leptos issue 4773).
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// The services that are offered if they are configured.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// The way mail is sent, if any is.
    pub mail: Option<Mail>,
    /// The identity provider to sign in at, if there is one.
    pub identity_provider: Option<Arc<IdentityProvider>>,
    /// The site that passkeys are for, if it takes any.
    pub passkeys: Option<RelyingParty>,
    /// The server's public address, if it is configured.
    pub public_url: Option<PublicUrl>,
    /// The places of pages that listen to changes.
    pub live: live::Places,
}

/// Returns whether requests for that path may take all connections: those at the gate, and those of monitors.
#[must_use]
pub fn keeps_share(path: &str) -> bool {
    gate::has_path(path) || matches!(path, "/healthz" | "/readyz")
}

/// Returns the router of the whole server. `production` means that it stands behind TLS.
pub fn router(store: Store, site: &Site, gate: &gate::Settings, services: &Services, production: bool) -> Router {
    rendering::count_tasks();
    let context = context(&store, services, production);
    let dynamic = |routes| dynamic(routes, &store, services.public_url.clone());
    let files = ServeDir::new(&*site.options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let frontend = MapResponse::new(files.clone(), |answer| kept(answer, FOR_EVER));
    let files_or_page = files.fallback(dynamic(no_such_page(site, context.clone())));
    let others = MapResponse::new(files_or_page, |answer| kept(answer, AN_HOUR));

    let identity_provider = services.identity_provider.clone();
    let identity_provider = identity_provider.map(|provider| oidc::router(store.clone(), provider));

    Router::new()
        .route("/healthz", get(async || ([(header::CACHE_CONTROL, NEVER)], "ok")))
        .merge(readiness::router(store.clone()))
        .merge(dynamic(pages(site, context)))
        .merge(dynamic(identity_provider.unwrap_or_default()))
        .merge(dynamic(no_such_functions()))
        .merge(dynamic(known(audit_export::router(store.clone()))))
        .merge(dynamic(known(calls_export::router(store.clone()))))
        .merge(dynamic(known(live::router(store.clone(), services.live.clone()))))
        .route_service("/pkg/{*file}", frontend)
        .fallback_service(others)
        .merge(gate::router(store, gate))
        .layer(from_fn(request_head::require))
        .layer(from_fn_with_state(production, headers::secure))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(DefaultOnResponse::new().level(Level::DEBUG)),
        )
}

/// Returns the routes of pages and server functions.
fn pages(site: &Site, context: impl Fn() + Clone + Send + Sync + 'static) -> Router {
    let Site { options, pieces } = site.clone();
    Router::new()
        .leptos_routes_with_context(&site.options, ROUTES.clone(), context, move || {
            shell(options.clone(), pieces.clone())
        })
        .with_state(site.options.clone())
        .layer(from_fn(rendering::to_the_end))
}

/// Returns the page for every path without one.
fn no_such_page(site: &Site, context: impl Fn() + Clone + Send + Sync + 'static) -> Router {
    let Site { options, pieces } = site.clone();
    let shell = move || shell(options.clone(), pieces.clone());
    let render = render_app_async_with_context(context, shell);
    let not_found = async move |request: Request| {
        let mut page = render(request).await;
        if page.status() == StatusCode::OK {
            *page.status_mut() = StatusCode::NOT_FOUND;
        }
        page
    };
    Router::new().fallback(not_found).layer(from_fn(rendering::to_the_end))
}

/// Returns the routes of all other paths below `/api`.
fn no_such_functions() -> Router {
    let left = Router::new().fallback(no_such_function);
    Router::new().nest("/api", left).route("/api/", any(no_such_function)) // `nest` leaves this path out
}

async fn no_such_function(OriginalUri(uri): OriginalUri) -> Response {
    let message = format!("there's no server function {}; reload the page", uri.path());
    (StatusCode::NOT_FOUND, Json(json!({ "error": message }))).into_response()
}

/// Returns a function that provides Leptos's context to pages and server functions.
fn context(store: &Store, services: &Services, production: bool) -> impl Fn() + Clone + Send + Sync + 'static {
    let (store, Services { mail, identity_provider, passkeys, .. }) = (store.clone(), services.clone());
    move || {
        provide_context(store.clone());
        provide_context(BehindProxy(production));
        if let Some(mail) = mail.clone() {
            provide_context(mail);
        }
        if let Some(passkeys) = passkeys.clone() {
            provide_context(passkeys);
        }
        if let Some(provider) = &identity_provider {
            provide_context(IdentityProviderName(provider.name.clone()));
        }
    }
}

/// Adds the layers of all answers that are made for one person, the outermost last.
fn dynamic(routes: Router, store: &Store, public_url: Option<PublicUrl>) -> Router {
    routes
        .layer(from_fn_with_state(store.clone(), session::look_up))
        .layer(from_fn(request_body::limit))
        .layer(from_fn_with_state(public_url, same_origin::require))
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static(NEVER)))
}

/// Adds the layer for routes that must know whether a user is signed in.
fn known(routes: Router) -> Router {
    routes.layer(from_fn(session::require_known))
}

/// Sets how long browsers may keep a file. Other answers set it themselves, or are not kept.
fn kept<B>(mut answer: http::Response<B>, how_long: &'static str) -> http::Response<B> {
    let found = answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED;
    let how_long = HeaderValue::from_static(if found { how_long } else { NEVER });
    answer.headers_mut().entry(header::CACHE_CONTROL).or_insert(how_long);
    answer
}

/// Returns the request's span in the log, named by its route: path, query and headers may hold secrets.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("(other)", MatchedPath::as_str);
    info_span!("request", method = %request.method(), route, operation = Empty)
}
