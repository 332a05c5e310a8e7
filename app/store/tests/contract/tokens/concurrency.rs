//! Many operations at the same time.

use crate::test_store::{HERE, TestStore, new_user};
use chrono::{NaiveDate, TimeDelta};
use domain::Refusal;
use domain::members::membership::{InvitationId, Joining, MembershipState};
use domain::members::role::Role;
use domain::members::user::{CurrentUser, Person};
use domain::paging::Count;
use domain::tokens::filter::TokenFilter;
use domain::tokens::overlap::Handover;
use domain::tokens::recent_call::CallFilter;
use domain::tokens::scope::Scopes;
use domain::tokens::secret::{AccountSid, Secret};
use domain::tokens::token::TokenId;
use store::{Error, InvitationToken, ServerKey, SessionToken, SignIn, Store};
use uuid::Uuid;

/// Runs all the futures at the same time and returns their results in order.
async fn all<T: Send + 'static>(work: impl Iterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let tasks: Vec<_> = work.map(tokio::spawn).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_resets_from_the_same_revision_one_wins() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let resets = (0..20).map(|_| {
        let (store, by, id) = (test.store.clone(), test.aya.clone(), token.id);
        async move { store.tokens().reset(&by, id, 1).await }
    });
    let (won, lost): (Vec<_>, Vec<_>) = all(resets).await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(lost.into_iter().all(|lost| matches!(lost, Err(Error::Refused(Refusal::Conflict)))));
    let secret = &won[0].as_ref().unwrap().secret;
    assert!(test.store.gate().authenticate(&token.sid, secret).await.unwrap().is_some());
    assert_eq!(test.token(&token).await.revision, 2);
    assert_eq!(test.actions().await[2..], ["token_created", "token_reset"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_creates_of_the_same_request_one_is_carried_out() {
    let test = TestStore::new().await;
    let request = Uuid::now_v7();
    let creates = (0..10).map(|_| {
        let (store, by, settings) = (test.store.clone(), test.aya.clone(), test.settings("Export"));
        async move { store.tokens().create(&by, settings, request).await }
    });
    let (done, again): (Vec<_>, Vec<_>) = all(creates).await.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), again.len()), (1, 9));
    assert!(again.into_iter().all(|again| matches!(again, Err(Error::Refused(Refusal::AlreadyDone)))));
    assert_eq!(test.names(TokenFilter::default()).await, ["Export"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn duplicates_made_at_once_have_different_names() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let duplicates = (0..8).map(|_| {
        let (store, by, id) = (test.store.clone(), test.aya.clone(), token.id);
        async move { store.tokens().duplicate(&by, id, Uuid::now_v7()).await.unwrap().token.settings.name }
    });
    let mut names = all(duplicates).await;
    names.sort();
    let expected: Vec<_> = (2..10).map(|number| format!("Export ({number})")).collect();
    assert_eq!(names, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attempts_to_sign_in_side_by_side_do_not_pass_uncounted() {
    let test = TestStore::new().await;
    let attempts = (0..15).map(|_| {
        let (store, email) = (test.store.clone(), test.aya.user.email.clone());
        async move { store.sign_in().with_password(&email, "wrong", HERE).await }
    });
    let answers = all(attempts).await;
    let throttled =
        answers.iter().filter(|answer| matches!(answer, Err(Error::Refused(Refusal::Throttled { .. })))).count();
    assert_eq!(throttled, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_administrator_stays_when_two_demote_each_other_at_once() {
    for deactivate in [false, true] {
        let test = TestStore::new().await;
        let ben =
            test.store.members().add(test.aya.account, new_user("Ben", Role::AccountAdministrator)).await.unwrap();
        let user = Person { id: ben, name: "Ben".to_owned(), email: "Ben@agency.example".to_owned() };
        let ben = CurrentUser { user, ..test.aya.clone() };
        let demotions = [(test.aya.clone(), ben.user.id), (ben, test.aya.user.id)].map(|(by, of)| {
            let store = test.store.clone();
            async move {
                if deactivate {
                    store.members().deactivate(&by, of).await
                } else {
                    store.members().change_role(&by, of, Role::Analyst).await
                }
            }
        });
        let (won, lost): (Vec<_>, Vec<_>) = all(demotions.into_iter()).await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        assert!(lost.iter().all(|lost| matches!(lost, Err(Error::Refused(Refusal::NotAllowed)))), "{lost:?}");
        let members = test.store.members().list(test.aya.account).await.unwrap();
        let administrators = members
            .iter()
            .filter(|member| member.role == Role::AccountAdministrator && member.state == MembershipState::Active);
        assert_eq!(administrators.count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_accepted_many_times_at_once_makes_one_user() {
    let test = TestStore::new().await;
    let (_, token) = test.store.members().invite(&test.aya, "nao@agency.example", Role::Analyst).await.unwrap();
    let joins = (0..5).map(|n| {
        let (store, token) = (test.store.clone(), token.clone());
        let joining = Joining::New { name: format!("Nao {n}"), password: "a long enough password".to_owned() };
        async move { store.members().accept_invitation(&token, joining, HERE).await }
    });
    let (joined, refused): (Vec<_>, Vec<_>) = all(joins).await.into_iter().partition(Result::is_ok);
    assert_eq!((joined.len(), refused.len()), (1, 4));
    assert!(matches!(joined[0], Ok(SignIn::Session(_))));
    assert!(
        refused.iter().all(|refused| matches!(refused, Err(Error::Refused(Refusal::InvitationOver)))),
        "{refused:?}"
    );
    assert_eq!(test.store.members().people(test.aya.account).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_of_one_database_write_side_by_side() {
    let test = TestStore::new().await;
    let other = test.reopened().await;
    let creates = (0..40).map(|n| {
        let store = if n % 2 == 0 { test.store.clone() } else { other.clone() };
        let (by, settings) = (test.aya.clone(), test.settings(&format!("Export {n}")));
        async move { store.tokens().create(&by, settings, Uuid::now_v7()).await }
    });
    assert!(all(creates).await.iter().all(Result::is_ok));
    let list = other.tokens().list(test.aya.account, &TokenFilter::default()).await.unwrap();
    assert_eq!(list.position.total, Count::Exactly(40));
}

#[tokio::test]
async fn every_operation_can_run_on_any_thread() {
    fn any_thread(_: impl Send) {}
    let test = TestStore::new().await;
    let (store, by, id) = (&test.store, &test.aya, TokenId(Uuid::nil()));
    any_thread(Store::open("", ServerKey::from_bytes([1; 32]), test.clock.clone()));
    any_thread((
        Store::has_key("", None),
        store.work().begin(""),
        store.work().finish(""),
        store.work().is_unfinished(""),
    ));
    any_thread((
        store.account().add(""),
        store.account().all(),
        store.account().get(by.account),
        store.account().named(""),
    ));
    any_thread((
        store.account().enable_api_access(by),
        store.account().disable_api_access(by),
        store.account().company_information(by.account),
    ));
    any_thread((
        store.members().add(by.account, new_user("", by.role)),
        store.members().has_users(),
        store.members().people(by.account),
    ));
    any_thread((
        store.members().list(by.account),
        store.members().invitations(by.account),
        store.members().remove_expired_invitations(),
    ));
    any_thread((store.members().invite(by, "", by.role), store.members().withdraw_invitation(by, InvitationId(id.0))));
    any_thread((store.members().change_role(by, by.user.id, by.role), store.members().deactivate(by, by.user.id)));
    let link = InvitationToken::parse(&"0".repeat(43)).unwrap();
    let joining = Joining::Known { password: String::new() };
    any_thread((store.members().invitation(&link, HERE), store.members().accept_invitation(&link, joining, HERE)));
    any_thread((store.sign_in().with_password("", "", HERE), store.sign_in().remove_ended_sessions()));
    let session = SessionToken::parse(&"0".repeat(43)).unwrap();
    any_thread((store.sign_in().session(&session), store.sign_in().sign_out(&session)));
    let (filter, settings) = (TokenFilter::default(), test.settings(""));
    any_thread((store.tokens().list(by.account, &filter), store.tokens().get(by.account, id)));
    any_thread((
        store.tokens().create(by, settings.clone(), id.0),
        store.tokens().update(by, id, settings, 1),
        store.tokens().reset(by, id, 1),
    ));
    any_thread((
        store.tokens().reset_with_overlap(by, id, 1, Handover::default()),
        store.tokens().stop_old_value(by, id),
        store.tokens().end_overlaps(),
        store.tokens().close_moved(),
        store.tokens().remove_old_retired(),
    ));
    any_thread((
        store.tokens().duplicate(by, id, id.0),
        store.tokens().upgrade_version(by, id),
        store.tokens().go_back_version(by, id),
        store.tokens().forget_older_versions(),
        store.tokens().disable(by, id),
    ));
    any_thread((
        store.tokens().begin_trial(by, id, Scopes::default(), false, 1),
        store.tokens().begin_address_trial(by, &[], false, 1),
        store.tokens().enforce_silent_trials(),
        store.tokens().trials(by.account, None),
        store.account().enforce_address_trial(by.account, by.user.id, None),
    ));
    any_thread((
        store.tokens().enable(by, id),
        store.tokens().delete(by, id),
        store.tokens().undo_delete(by, id),
        store.tokens().remove_deleted(),
    ));
    let mut random = rand::rng();
    let (sid, secret) = (AccountSid::generate(&mut random), Secret::generate(&mut random));
    any_thread((store.gate().authenticate(&sid, &secret), store.gate().record_use(id)));
    let (from, to) = (NaiveDate::MIN, NaiveDate::MAX);
    any_thread((
        store.gate().flush_calls(),
        store.tokens().add_up_calls(),
        store.tokens().remove_old_calls(TimeDelta::zero()),
    ));
    any_thread((store.tokens().usage(by.account, from, to), store.tokens().overview(by.account)));
    let calls = CallFilter::default();
    any_thread((
        store.tokens().usage_of(by.account, id, 1),
        store.tokens().usage_by_hour(by.account, id),
        store.tokens().recent_calls(by.account, id, &calls),
    ));
    any_thread((store.tokens().sparklines(by.account, &[id]), store.tokens().account_usage(by.account)));
    any_thread(store.gate().refuse_malformed(&sid, HERE));
}
