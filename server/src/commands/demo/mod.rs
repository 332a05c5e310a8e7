//! Demo data for a first start: an agency with users, a company profile, advertisers, tokens and their calls, another that has not
//! enabled API access yet, and a small one that shares a user with the first.
//!
//! It is made with the same operations that people use, with clocks set to the past. Its password is published: see
//! [`crate::commands::serve`] for when it may be served.

mod agency;
mod calls;
mod tokens;

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context as _, Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    account::AccountId,
    members::{membership::Joining, role::Role, user::CurrentUser},
    tokens::{filter::TokenFilter, token::Token},
};
use store::{Clock, NewUser, Store};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::commands::{
    advertisers,
    demo::{
        agency::{Agency, HOSHI_OAK, KITA_MEDIA, MINATO_STUDIO},
        tokens::{Age, Sample},
    },
    users,
};

/// The password of every demo user.
pub const PASSWORD: &str = "kagitaba-demo-2026";

/// The name of the work of [`create`], which takes many transactions.
const WORK: &str = "demo";

/// Hoshi & Oak's advertisers, in the form in which an agency imports its own.
const ADVERTISERS: &str = include_str!("advertisers.csv");

/// Returns whether the demo accounts are still to be made: if there are no users yet, or if an earlier start was
/// interrupted.
///
/// # Errors
/// If the store fails.
pub async fn is_due(store: &Store) -> Result<bool> {
    Ok(store.work().is_unfinished(WORK).await? || !store.members().has_users().await?)
}

/// Returns whether the database has the demo accounts, or some of them.
///
/// # Errors
/// If the store fails.
pub async fn is_in(store: &Store) -> Result<bool> {
    Ok(store.work().is_unfinished(WORK).await? || store.account().named(HOSHI_OAK.name).await?.is_some())
}

/// Makes the demo accounts, as they would be `now`. After an interruption, it makes what is missing.
///
/// # Errors
/// If the store fails.
pub async fn create(store: &Store, now: DateTime<Utc>) -> Result<()> {
    store.work().begin(WORK).await?;
    let then = store.at(Clock::fixed(now - TimeDelta::days(410)));
    let (oak, kita) = tokio::try_join!(add_agency(&then, &HOSHI_OAK), add_agency(&then, &KITA_MEDIA))?;
    store.account().set_company_information(oak, &agency::hoshi_oak_profile()).await?;
    store.account().set_company_information(kita, &agency::kita_media_profile()).await?;
    let brands = advertisers::parse(ADVERTISERS.as_bytes(), None).map_err(|problems| anyhow!(problems.join("; ")))?;
    then.reports().import_advertisers(oak, &brands).await?;

    let administrator = asker(store, oak, &HOSHI_OAK).await?;
    // Later than Hoshi & Oak, because a sign-in begins in the account that the user joined first.
    let later = store.at(Clock::fixed(now - TimeDelta::days(200)));
    let minato = add_agency(&later, &MINATO_STUDIO).await?;
    share(&later, minato, &MINATO_STUDIO, &administrator.user.email).await?;
    then.account().enable_api_access(&administrator).await?;
    for sample in &Sample::all()? {
        add_token(store, now, &administrator, sample).await.with_context(|| format!("demo token {}", sample.name))?;
    }
    calls::record(store, now, oak).await?;
    Ok(store.work().finish(WORK).await?)
}

/// Returns a text that lists the demo users and their password.
#[must_use]
pub fn how_to_sign_in() -> String {
    let mut lines = vec![format!("This is demo data. Sign in with the password {PASSWORD} as one of these users:")];
    for agency in [&HOSHI_OAK, &KITA_MEDIA, &MINATO_STUDIO] {
        lines.push(format!("  {}", agency.name));
        lines.extend(agency.users.iter().map(|(role, email, _)| format!("    {email:<32}{}", role.as_str())));
    }
    lines.join("\n")
}

/// Adds the agency's account and users. The users are added in parallel, as hashing a password is slow on purpose.
async fn add_agency(store: &Store, agency: &'static Agency) -> Result<AccountId> {
    let account = users::account(store, agency.name).await?;
    let people = store.members().people(account).await?;
    let mut adding = JoinSet::new();
    for &(role, email, name) in agency.users.iter().filter(|(_, email, _)| !people.iter().any(|p| p.email == *email)) {
        let (store, name, email) = (store.clone(), name.to_owned(), email.to_owned());
        adding.spawn(async move {
            store.members().add(account, NewUser { name, email, password: PASSWORD.to_owned(), role }).await
        });
    }
    while let Some(added) = adding.join_next().await {
        added??;
    }
    Ok(account)
}

/// Lets another agency's user belong to this one as well: they accept its invitation.
async fn share(store: &Store, account: AccountId, agency: &Agency, email: &str) -> Result<()> {
    if store.members().people(account).await?.iter().any(|person| person.email == email) {
        return Ok(());
    }
    let (_, token) =
        store.members().invite(&asker(store, account, agency).await?, email, Role::ImplementationSpecialist).await?;
    let joining = Joining::Known { password: PASSWORD.to_owned() };
    store.members().accept_invitation(&token, joining, IpAddr::V4(Ipv4Addr::LOCALHOST)).await?;
    Ok(())
}

/// Returns the agency's administrator, in whose name the rest is made.
async fn asker(store: &Store, account: AccountId, agency: &Agency) -> Result<CurrentUser> {
    let (role, email, _) = agency.users[0];
    let people = store.members().people(account).await?;
    let user = people.into_iter().find(|person| person.email == email).context("the administrator is missing")?;
    Ok(CurrentUser { user, account, account_name: agency.name.to_owned(), role })
}

async fn add_token(store: &Store, now: DateTime<Utc>, by: &CurrentUser, sample: &Sample) -> Result<()> {
    let Sample { age: Age(age), used, enabled, .. } = sample;
    let created = now - *age;
    let settings =
        sample.settings(&store.members().people(by.account).await?, &store.account().terms(by.account).await?)?;
    let token = match token_named(store, by.account, &settings.name).await? {
        Some(token) => token,
        None => store.at(Clock::fixed(created)).tokens().create(by, settings, Uuid::now_v7()).await?.token,
    };
    if let Some(Age(used)) = used {
        store.at(Clock::fixed(now - *used)).gate().record_use(token.id).await?;
    }
    if !enabled {
        let disabled = now - used.map_or(*age, |Age(used)| used) / 2;
        store.at(Clock::fixed(disabled)).tokens().disable(by, token.id).await?;
    }
    Ok(())
}

async fn token_named(store: &Store, account: AccountId, name: &str) -> Result<Option<Token>> {
    let filter = TokenFilter { name: name.to_owned(), ..TokenFilter::default() };
    Ok(store.tokens().list(account, &filter).await?.tokens.into_iter().find(|token| token.settings.name == name))
}

#[cfg(test)]
mod tests {
    use domain::{
        gate::api_version::ApiVersion,
        tokens::{filter::CreatedOn, token::TokenState},
    };
    use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

    use super::*;
    use crate::config::Data;

    #[tokio::test]
    async fn the_demo_has_tokens_of_every_kind_and_users_of_every_role() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let store = Data::within(folder.path()).open().await?;
        assert!(!is_in(&store).await? && is_due(&store).await?);
        create(&store, Clock::system().now()).await?;
        is_whole(&store).await
    }

    #[tokio::test]
    async fn calls_of_the_demo_are_of_all_days_and_recorded_once() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let store = Data::within(folder.path()).open().await?;
        let now = Clock::system().now();
        create(&store, now).await?;
        let store = store.at(Clock::fixed(now));
        let account = store.account().named(HOSHI_OAK.name).await?.context("made")?;
        let usage = store.tokens().account_usage(account).await?;
        // Today may have begun just now.
        assert!(usage.days[1..29].iter().all(|day| day.tally.calls > day.tally.failures), "{usage:?}");
        let calls: u64 = usage.days.iter().map(|day| day.tally.calls).sum();
        assert!((2_000..20_000).contains(&calls), "{calls}");
        assert!(usage.days.iter().any(|day| day.tally.refused > 0));
        let failing: Vec<_> = usage.failing.iter().map(|token| (token.name.as_str(), now - token.since)).collect();
        assert!(matches!(failing[..], [("全社KPI集計", since)] if since <= TimeDelta::days(1)), "{failing:?}");
        for Sample { name, used, .. } in Sample::all()? {
            let token = token_named(&store, account, &name).await?.context("made")?;
            assert_eq!(token.last_used_at, used.map(|Age(used)| now - used), "{name}");
            let is_called = !store.tokens().sparklines(account, &[token.id]).await?.is_empty();
            assert_eq!(is_called, used.is_some_and(|Age(used)| used < TimeDelta::days(29)), "{name}");
        }
        create(&store, now).await?;
        assert_eq!(store.tokens().account_usage(account).await?, usage);
        Ok(())
    }

    #[tokio::test]
    async fn demo_becomes_whole_after_repeated_interruptions() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let store = Data::within(folder.path()).open().await?;
        let file = folder.path().join("kagitaba.db");
        let mut database = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?;
        for tokens in [0, 1, 25] {
            // Within the store's transaction, as a full disk or a killed server would.
            let interruption = format!(
                "CREATE TRIGGER interruption BEFORE INSERT ON tokens WHEN (SELECT COUNT(*) FROM tokens) >= {tokens}
                 BEGIN SELECT RAISE(ABORT, 'interrupted'); END"
            );
            sqlx::query(AssertSqlSafe(interruption)).execute(&mut database).await?;
            assert!(create(&store, Clock::system().now()).await.is_err());
            sqlx::query("DROP TRIGGER interruption").execute(&mut database).await?;
            let account = store.account().named(HOSHI_OAK.name).await?.context("made")?;
            assert_eq!(store.tokens().numbered_page(account, &TokenFilter::default(), 1, 1).await?.1, tokens);
            assert!(is_in(&store).await? && is_due(&store).await?);
        }
        create(&store, Clock::system().now()).await?;
        is_whole(&store).await
    }

    async fn is_whole(store: &Store) -> Result<()> {
        assert!(is_in(store).await? && !is_due(store).await?);

        for (role, email, _) in HOSHI_OAK.users {
            let signed_in = store.sign_in().with_password(email, PASSWORD, IpAddr::V4(Ipv4Addr::LOCALHOST)).await?;
            let session = signed_in.session().context("signed in")?;
            let asker = store.sign_in().session(&session).await?.context("signed in")?;
            assert_eq!((asker.role, asker.account_name.as_str()), (*role, HOSHI_OAK.name));
        }
        let signed_in =
            store.sign_in().with_password(HOSHI_OAK.users[0].1, PASSWORD, IpAddr::V4(Ipv4Addr::LOCALHOST)).await?;
        let session = signed_in.session().context("signed in")?;
        let administrator = store.sign_in().session(&session).await?.context("signed in")?;
        let accounts = store.members().own_accounts(&administrator).await?;
        let accounts: Vec<_> = accounts.iter().map(|account| account.name.as_str()).collect();
        assert_eq!(accounts, [HOSHI_OAK.name, MINATO_STUDIO.name]);
        assert!(Role::ALL.into_iter().all(|role| HOSHI_OAK.users.iter().any(|user| user.0 == role)));

        let account = store.account().named(HOSHI_OAK.name).await?.context("made")?;
        assert!(store.account().get(account).await?.api_access);
        assert!(store.account().company_information(account).await?.corporate_address.city == "Tokyo");
        assert_eq!(store.reports().advertisers(account, 0, 100).await?.1, 6);
        let count = async |filter: TokenFilter| {
            store.tokens().numbered_page(account, &filter, 1, 1).await.map(|(_, total)| total)
        };
        let all = TokenFilter::default();
        assert_eq!(count(all.clone()).await?, 40);
        assert_eq!(count(TokenFilter { state: Some(TokenState::Disabled), ..all.clone() }).await?, 10);
        for created in CreatedOn::ALL {
            assert!(count(TokenFilter { created: Some(created), ..all.clone() }).await? >= 6, "{created:?}");
        }
        let tokens = store.tokens().list(account, &all).await?.tokens;
        assert!(ApiVersion::ALL.into_iter().all(|version| tokens.iter().any(|t| t.settings.api_version == version)));
        assert!(tokens.iter().any(|token| token.last_used_at.is_none()));

        let kita = store.account().named(KITA_MEDIA.name).await?.context("made")?;
        assert!(!store.account().get(kita).await?.api_access);
        assert_eq!(store.tokens().list(kita, &all).await?.tokens, []);
        Ok(())
    }
}
